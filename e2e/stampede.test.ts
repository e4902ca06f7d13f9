/**
 * Many open one dashboard at the same moment: a launch, a morning, a wall in every office. Whatever they are, its panels
 * are computed once (docs/decisions/0017).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DashboardInput, DashboardRecord, PanelInput } from "../schema/dashboard.ts";
import type { PanelAnswer } from "../schema/panel.ts";
import { Nowcast } from "./nowcast.ts";

const OPENS = 500;
/** Sockets at once: a machine has no 5,000 for one client, and browsers come one after another over a second or two. */
const SOCKETS = 200;

const PATIENCE_MS = 60_000;

const grid = { x: 0, y: 0, w: 12, h: 8 };
const panel = (id: string, kind: PanelInput["kind"], query: object, more: object = {}) => ({
	id,
	kind,
	grid,
	queries: [{ ref: "A", ...query }],
	...more,
});
const PANELS = [
	panel("events", "stat", {}),
	panel("visitors", "stat", { measure: "uniques" }),
	panel("revenue", "stat", { metric: "purchase", measure: "sum" }),
	panel("over-time", "line", {}),
	panel("by-device", "area", { groupBy: ["device"] }),
	panel("by-country", "bar", { groupBy: ["country"] }, { by: "group" }),
	panel("share", "pie", { groupBy: ["device"] }),
	panel("week", "heatmap", {}),
	panel("pages", "table", { groupBy: ["path"] }),
	panel("world", "map", { measure: "uniques" }),
];
/** Whatever the machine: the run is over before an answer is due to be computed anew. */
const DASHBOARD = { title: "Launch", refresh: "5m", panels: PANELS };

let nowcast: Nowcast;
let uid: string;

beforeAll(async () => {
	nowcast = await Nowcast.start();
	const event = (i: number) => ({
		name: i % 5 === 0 ? "purchase" : "page_view",
		visitor_id: `v${i % 70}`,
		url: `https://shop.example/p/${i % 9}`,
		value: 10,
		age: (i % 50) * 60_000,
	});
	await nowcast.send(Array.from({ length: 400 }, (_, i) => event(i)));
	const response = await nowcast.post("/v1/dashboards", { dashboard: DASHBOARD as DashboardInput }, "ak_demo");
	expect(response.status, await response.clone().text()).toBe(201);
	uid = ((await response.json()) as DashboardRecord).uid;
});
afterAll(() => nowcast?.stop());

/** Of GET /v1/status. */
type Counters = Record<"executions" | "hits" | "coalesced" | "failures" | "refused", number>;

async function proxy(): Promise<Counters> {
	const response = await fetch(`${nowcast.url}/v1/status`, { headers: { authorization: "Bearer rk_demo" } });
	return ((await response.json()) as { proxy: Counters }).proxy;
}

/** Waits longer than a browser would: what is counted here is executions, whatever else the machine is doing. */
const query = (id: string, body: object = {}): Promise<Response> =>
	fetch(`${nowcast.url}/v1/dashboards/${uid}/panels/${id}/query`, {
		method: "POST",
		headers: { authorization: "Bearer rk_demo", "content-type": "application/json" },
		body: JSON.stringify(body),
		signal: AbortSignal.timeout(PATIENCE_MS),
	});

/** The figures of a panel as text: equal ones are kept once. */
async function open(id: string): Promise<string> {
	const response = await query(id);
	if (response.status !== 200) throw new Error(`${id}: ${response.status} ${await response.text()}`);
	const { results } = (await response.json()) as PanelAnswer;
	for (const { problem } of results) if (problem !== undefined) throw new Error(`${id}: ${problem.detail}`);
	return JSON.stringify(results.map(({ answer }) => answer));
}

test(`${OPENS} who open a dashboard of ${PANELS.length} panels at once cause one execution for each panel`, async () => {
	const answers = new Map(PANELS.map(({ id }) => [id, new Set<string>()]));
	const requests = Array.from({ length: OPENS }, () => PANELS.map(({ id }) => id)).flat();
	let next = 0;
	const viewer = async () => {
		for (let id = requests[next++]; id !== undefined; id = requests[next++]) answers.get(id)?.add(await open(id));
	};
	const before = await proxy();
	const began = performance.now();
	await Promise.all(Array.from({ length: SOCKETS }, viewer));
	const seconds = (performance.now() - began) / 1000;
	const after = await proxy();
	const executions = after.executions - before.executions;
	console.log(`${requests.length} panels in ${seconds.toFixed(1)} s, ${executions} executions`, after);
	expect(executions).toBe(PANELS.length);
	expect(after).toMatchObject({ failures: 0, refused: 0 });
	expect(after.hits + after.coalesced - before.hits - before.coalesced).toBe(requests.length - executions);
	for (const [id, different] of answers) expect(different.size, id).toBe(1);
});

test("who presses again at once causes no more, and what was asked apart is answered apart", async () => {
	const before = await proxy();
	const filtered = { time: { from: "now-2h", to: "now" } };
	const answers = await Promise.all(Array.from({ length: 20 }, async () => (await query("events", filtered)).json()));
	expect(new Set(answers.map((answer) => JSON.stringify((answer as PanelAnswer).results[0]?.answer))).size).toBe(1);
	expect((await proxy()).executions - before.executions).toBe(1);
});
