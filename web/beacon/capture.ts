import { cleanAddress } from "./address.ts";
import { randomId, uuidv7 } from "./id.ts";
import { identity, isActive } from "./identity.ts";
import { enqueue } from "./queue.ts";
import { settings } from "./settings.ts";
import type { BeaconEvent, BeforeSend, Props, PropValue } from "./types.ts";

/** The wire allows as many props, and names of as many characters. */
const MAX_PROPS = 64;
const MAX_NAME = 64;
/** UTF-16 units: at most 1,023 bytes, and the wire takes 1,024. */
export const MAX_TEXT = 341;

let hook: BeforeSend | undefined;
/** The page last viewed, and the one before it: a view inside a single-page site comes from there. */
let current: string | undefined;
let referrer: string | undefined;

export function beforeSend(given: BeforeSend | undefined): void {
	hook = given ?? hook;
}

/** What a prop may be: text is cut to the wire's limit, nested values become JSON. */
const propValue = (value: unknown): PropValue =>
	typeof value === "number" || typeof value === "boolean"
		? value
		: (typeof value === "string" ? value : JSON.stringify(value)).slice(0, MAX_TEXT);

/** Makes an event of here and now, and queues it. `value`, `currency` and `interactive` are the event's, not props. */
export function capture(name: string, given?: Props, options?: Props): void {
	if (!isActive()) return;
	const { value, currency, interactive, ...rest } = { tag: settings?.tag, ...identity.p, ...given, ...options };
	const amount = Number.parseFloat(`${value}`);
	const event: BeaconEvent = {
		id: uuidv7(Date.now(), randomId()),
		name: name.slice(0, MAX_NAME),
		visitor_id: identity.v,
		user_id: identity.u,
		url: cleanAddress(location.href),
		referrer: referrer ?? cleanAddress(document.referrer),
		title: document.title.slice(0, MAX_TEXT),
		screen: `${screen.width}x${screen.height}`,
		lang: navigator.language,
		value: Number.isFinite(amount) ? amount : undefined,
		currency,
		interactive: `${interactive}` === "false" ? false : undefined,
		props: Object.fromEntries(
			Object.entries(rest)
				.filter((entry) => entry[1] != null)
				.slice(0, MAX_PROPS)
				.map((entry) => [entry[0], propValue(entry[1])]),
		),
	};
	const kept = hook ? hook(event) : event;
	if (kept) enqueue(kept);
}

/** A view of the current address. */
export function page(props?: Props): void {
	const address = cleanAddress(location.href);
	if (current && current !== address) referrer = current;
	current = address;
	capture("pageview", props);
}

/** A view, if the address is another page than the one last viewed. */
export function pageIfMoved(): void {
	if (cleanAddress(location.href) !== current) page();
}
