/** From what the wire says to what is kept: a wire event and its sender become a row. */
import { type Hash64, hash64 } from "../../schema/core/hash.ts";
import {
	EVENT_COLUMNS,
	EVENT_LAYOUT,
	type EventRow,
	FLAG,
	LIMITS,
	PAGEVIEW,
	type WireEvent,
} from "../../schema/event.ts";
import { slotOf } from "../../schema/ids.ts";
import { channelOf, sourceOf } from "./referrer.ts";
import type { Sender } from "./sender.ts";
import { placeOf } from "./url.ts";
import { agentOf, isBot } from "./useragent.ts";
import { utf8Length } from "./utf8.ts";
import { parseIso } from "./validate.ts";
import { anonymousServer, type Device } from "./visitor.ts";

/** Clocks differ: further ahead than this, a server's time is not believed. */
const FUTURE_MS = 60_000;
/** Strings beside the props are at most 1 KiB each, some ×3 by URL escaping: no event reaches its limit by them. */
const SAFE_PROPS_CHARS = 5_000;
const STRING_COLUMNS = EVENT_LAYOUT.names.filter((name) => EVENT_COLUMNS[name] === "str");
const UNKNOWN: Hash64 = { hi: 0, lo: 0 };

/** The row of a valid event. Its `visitor_*` and `slot` are 0 where `deviceOf` names a device: see `cookielessId`. */
export function enrich(event: WireEvent, id: string, sender: Sender): EventRow {
	const { publicKey, received } = sender;
	const { context } = event;
	const idHash = hash64(id);
	const visitor = visitorOf(event, sender) ?? UNKNOWN;
	const agent = publicKey ? sender.agent : agentOf(context?.user_agent ?? "");
	const at = placeOf(event.url);
	const from = sourceOf(event.referrer, at.host, sender.origins.owns);
	const said = saidTime(event, received);
	const clamped = said > received + FUTURE_MS;
	return {
		ts: clamped ? received : said,
		received_at: received,
		value: event.value ?? Number.NaN,
		id_hi: idHash.hi,
		id_lo: idHash.lo,
		visitor_hi: visitor.hi,
		visitor_lo: visitor.lo,
		yesterday_hi: 0,
		yesterday_lo: 0,
		slot: slotOf(visitor.hi),
		flags:
			(clamped ? FLAG.clamped : 0) |
			(event.interactive === false || event.name === PAGEVIEW ? FLAG.passive : 0) |
			(publicKey && isBot(sender.userAgent, agent, event.screen) ? FLAG.bot : 0) |
			(!publicKey && !context?.user_agent ? FLAG.server : 0),
		id,
		name: event.name,
		user_id: event.user_id,
		session_id: event.session_id,
		host: at.host,
		path: at.path,
		search: at.search,
		title: event.title,
		referrer: from.referrer,
		referrer_url: from.referrer_url,
		// A server's event of no page came by no channel.
		channel: event.url || event.referrer || publicKey ? channelOf(at, from.referrer) : "",
		utm_source: at.utm_source,
		utm_medium: at.utm_medium,
		utm_campaign: at.utm_campaign,
		utm_term: at.utm_term,
		utm_content: at.utm_content,
		country: publicKey ? sender.country : context?.country,
		region: sender.region,
		city: sender.city,
		browser: agent.browser,
		browser_version: agent.browser_version,
		os: agent.os,
		device: agent.device,
		screen: event.screen,
		lang: event.lang,
		currency: event.currency,
		props: propsOf(event.props),
	};
}

/** Event time, epoch ms: what a server says it is, else the receive time less the age. */
function saidTime(event: WireEvent, received: number): number {
	if (typeof event.ts === "number") return Math.floor(event.ts);
	if (typeof event.ts === "string") return parseIso(event.ts) ?? received;
	return Math.max(0, Math.round(received - (event.age ?? 0)));
}

function propsOf(props: WireEvent["props"]): string | undefined {
	if (props === undefined) return undefined;
	const json = JSON.stringify(props);
	return json === "{}" ? undefined : json;
}

/** The visitor by id, or null where only the device can tell. */
function visitorOf(event: WireEvent, sender: Sender): Hash64 | null {
	const id = event.visitor_id || event.user_id;
	if (id) return hash64(id);
	return deviceOf(event, sender) ? null : anonymousServer(sender.principal.tenant);
}

/** The device by which a visitor without an id is known, or null where there is an id, or a server says nothing. */
export function deviceOf(event: WireEvent, sender: Sender): Device | null {
	if (event.visitor_id || event.user_id) return null;
	if (sender.publicKey) return sender;
	const { ip = "", user_agent = "" } = event.context ?? {};
	return ip || user_agent ? { ip, userAgent: user_agent } : null;
}

/** Whether an enriched event is over its limit. */
export function isTooLarge(row: EventRow): boolean {
	if ((row.props?.length ?? 0) <= SAFE_PROPS_CHARS) return false;
	let bytes = EVENT_LAYOUT.rowWidth;
	for (const name of STRING_COLUMNS) {
		const text = row[name];
		if (typeof text === "string") bytes += utf8Length(text);
	}
	return bytes > LIMITS.eventBytes;
}
