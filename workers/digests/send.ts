/** Sends digests: one now, and once a minute all that are due. */
import { zoneOf } from "../../schema/core/zone.ts";
import { decodeDashboard } from "../../schema/dashboard-upgrade.ts";
import type { Delivery, DigestPayload } from "../../schema/digest.ts";
import { PanelRequest } from "../../schema/panel.ts";
import type { Site } from "../api/tenant.ts";
import { siteOf } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { deliver, type Sender } from "../notify/webhook.ts";
import { answerPanel } from "../panels/answer.ts";
import { dashboardByUid } from "../store/dashboards.ts";
import { claimDigest, dueDigests, noteDelivery, releaseDigest, type StoredDigest } from "../store/digests.ts";
import { figureOf, toldPanels } from "./figures.ts";
import { lastDue, nextDue, periodOf } from "./schedule.ts";
import { slackOf } from "./slack.ts";

/** What tests put in place of the network and the stores. */
export interface DigestDeps extends Sender {
	answer: typeof answerPanel;
}

export const digestDeps = (env: Env, now: () => number = Date.now): DigestDeps => ({
	fetch: (request) => fetch(request),
	now,
	local: env.LOCAL === "1",
	answer: answerPanel,
});

/** After a failure it is tried again in so many ms; after the last one at its next time. */
const RETRY_MS = [60_000, 5 * 60_000, 25 * 60_000];
/** How long a claim holds: longer than any delivery takes. Whoever died with one leaves it to the next run. */
const LEASE_MS = 10 * 60_000;
/** Digests in one run of the cron, and at once: each asks some twenty panels. The others wait for the next minute. */
const BATCH = 40;
const AT_ONCE = 4;
/** Panels of one digest that are asked at once. */
const PANELS_AT_ONCE = 4;

/** Every digest that is due. What is wrong with one is kept with it, and holds up no other. */
export async function sendDue(env: Env, now: number, deps: DigestDeps = digestDeps(env)): Promise<void> {
	await inTurn(await dueDigests(env, now, BATCH), AT_ONCE, (digest) => sendScheduled(env, digest, now, deps));
}

async function sendScheduled(env: Env, digest: StoredDigest, now: number, deps: DigestDeps): Promise<void> {
	const lease = now + LEASE_MS;
	if (!(await claimDigest(env, digest, lease))) return;
	const site = await siteOf(env, digest.tenant);
	const zone = site?.zone ?? "UTC";
	const due = lastDue(digest.body, now, zone);
	const tooOften = digest.tries > RETRY_MS.length;
	const id = `${digest.id}.${due}`;
	const last = site && !tooOften ? await send({ env, site, digest, due, id, deps }) : null;
	const wait = last?.error ? RETRY_MS[digest.tries] : undefined;
	const again = { dueAt: now + (wait ?? 0), tries: digest.tries + 1 };
	const next = { dueAt: nextDue(digest.body, now, zone), tries: 0 };
	await releaseDigest(env, digest, lease, wait === undefined ? next : again);
}

/** Sends it once, of the period before now, whatever its schedule. */
export function sendNow(env: Env, site: Site, digest: StoredDigest, deps: DigestDeps): Promise<Delivery> {
	const now = deps.now();
	return send({ env, site, digest, due: now, id: `${digest.id}.${now}.now`, deps });
}

interface Sending {
	env: Env;
	site: Site;
	digest: StoredDigest;
	/** The end of the period that is told of, epoch ms. */
	due: number;
	/** The same for every try of one delivery. */
	id: string;
	deps: DigestDeps;
}

async function send(sending: Sending): Promise<Delivery> {
	const delivery = await attempt(sending);
	await noteDelivery(sending.env, sending.digest, delivery);
	return delivery;
}

async function attempt({ env, site, digest, due, id, deps }: Sending): Promise<Delivery> {
	try {
		const payload = await payloadOf(env, site, digest, due, deps);
		if (payload === null) return { at: deps.now(), status: null, error: "Its dashboard is gone." };
		const { url, format } = digest.body;
		const body = JSON.stringify(format === "slack" ? slackOf(payload) : payload);
		return await deliver({ url, secret: digest.secret, id, body }, deps);
	} catch (error) {
		console.error(`digest ${digest.id} failed`, error);
		return { at: deps.now(), status: null, error: "Its figures could not be computed." };
	}
}

/** What it tells of the period before `due`; null where there is no dashboard. */
export async function payloadOf(
	env: Env,
	site: Site,
	{ id, body }: Pick<StoredDigest, "id" | "body">,
	due: number,
	{ answer }: Pick<DigestDeps, "answer">,
): Promise<DigestPayload | null> {
	const row = await dashboardByUid(env, site.id, body.dashboard);
	if (!row) return null;
	const dashboard = decodeDashboard(row.body);
	const { from, to } = periodOf(body, due, site.zone);
	const request = PanelRequest.parse({ time: { from: String(from), to: String(to) }, timezone: site.zone });
	const panels = await inTurn(toldPanels(dashboard), PANELS_AT_ONCE, (panel) =>
		figureOf(panel, (asked) => answer(env, site, dashboard, asked, request, `digest:${id}`), site.currency),
	);
	// Who follows it may have several sites.
	const path = `/d/${row.uid}?site=${site.id}`;
	const zone = zoneOf(site.zone);
	return {
		type: "digest",
		v: 1,
		id,
		name: body.name,
		site: { id: site.id, name: site.name, zone: site.zone },
		dashboard: { uid: row.uid, title: dashboard.title, path, url: body.origin + path },
		every: body.every,
		period: { from: zone.iso(from), to: zone.iso(to) },
		currency: site.currency,
		panels,
	};
}

/** So many at once, and the answers in the order of the items. */
async function inTurn<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let i = 0; i < items.length; i += atOnce) {
		results.push(...(await Promise.all(items.slice(i, i + atOnce).map(work))));
	}
	return results;
}
