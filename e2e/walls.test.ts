/** I7: a second tenant sees nothing of the first, by any route, socket or key. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Nowcast, until } from "./nowcast.ts";

interface Created {
	id: string;
	/** One of its visitors, as `visitors` names them. */
	visitor: string;
	/** A job, a saved segment and a saved funnel of its own. */
	made: { job: string; segment: string; funnel: string };
	keys: { write: string; server: string; read: string; admin: string };
}

let nowcast: Nowcast;
let first: Created;
let second: Created;

async function createSite(name: string): Promise<Created> {
	const response = await nowcast.post("/v1/sites", { name }, "ak_demo");
	expect(response.status).toBe(201);
	const { site, keys } = (await response.json()) as { site: { id: string }; keys: Created["keys"] };
	return { id: site.id, visitor: "", made: { job: "", segment: "", funnel: "" }, keys };
}

const FUNNEL = { steps: [{ event: "secret_event" }, { event: "secret_event" }] };
const SEGMENT = [{ dim: "path", op: "contains", values: ["private"] }];

/** What the first has beside its events. */
async function furnish(site: Created): Promise<void> {
	const made = async (path: string, body: unknown) =>
		(await (await nowcast.post(path, body, site.keys.admin)).json()) as Record<string, { id: string }>;
	const ask = { kind: "visitors", from: "now-1h" };
	const answer = await (await nowcast.post("/v1/query", ask, site.keys.read)).json();
	site.visitor = (answer as { visitors: { visitor: string }[] }).visitors[0]?.visitor ?? "";
	site.made.segment =
		(await made("/v1/segments", { name: "secret segment", filter: { and: SEGMENT } })).segment?.id ?? "";
	site.made.funnel = (await made("/v1/funnels", { name: "secret funnel", definition: FUNNEL })).funnel?.id ?? "";
	site.made.job = (await made(`/v1/visitors/${site.visitor}/export`, {})).job?.id ?? "";
	for (const id of [site.visitor, ...Object.values(site.made)]) expect(id).not.toBe("");
}

beforeAll(async () => {
	nowcast = await Nowcast.start();
	first = await createSite("First");
	second = await createSite("Second");
	await nowcast.send(
		Array.from({ length: 20 }, (_, i) => ({
			name: "secret_event",
			age: 0,
			visitor_id: `v${i}`,
			url: `https://first.example/private-${i}`,
			value: 7,
		})),
		first.keys.server,
	);
	await until(
		"the first's events",
		async () => (await nowcast.total({ metric: "secret_event" }, first.keys.read)) === 20,
	);
	await furnish(first);
});
afterAll(() => nowcast?.stop());

const get = (path: string, key: string) =>
	fetch(`${nowcast.url}${path}`, { headers: { authorization: `Bearer ${key}` } });

describe("the second tenant", () => {
	test("counts nothing of the first's", async () => {
		expect(await nowcast.total({ metric: "*" }, second.keys.read)).toBe(0);
	});

	test("does not learn the first's metrics, pages or countries", async () => {
		for (const path of ["/v1/metrics", "/v1/dimensions/path/values", "/v1/dimensions/country/values", "/v1/site"]) {
			const response = await get(path, second.keys.read);
			const text = await response.text();
			expect(text, path).not.toContain("secret_event");
			expect(text, path).not.toContain("private-");
			expect(text, path).not.toContain(first.id);
		}
	});

	test("finds nothing of the first's in raw events, by any kind of question", async () => {
		const anything = { event: "*" };
		const kinds = [
			{ kind: "events" },
			{ kind: "visitors" },
			{ kind: "visitor", visitor: first.visitor },
			{ kind: "lifecycle" },
			{ kind: "paths", anchor: anything },
			{ kind: "funnel", steps: [anything, anything] },
			{ kind: "retention", start: anything, return: anything },
			{ kind: "breakdown", groupBy: ["path", "name"], filters: SEGMENT },
			{ kind: "total", measure: "uniques", exact: true },
		];
		for (const kind of kinds) {
			const response = await nowcast.post("/v1/query", { from: "now-1d", ...kind }, second.keys.read);
			const text = await response.text();
			expect(response.status, `${kind.kind}: ${text}`).toBe(200);
			expect(text, kind.kind).not.toMatch(/secret_event|private-/);
			expect(text, kind.kind).not.toContain(first.visitor);
		}
	});

	test("has none of the first's saved segments, funnels, jobs and results", async () => {
		const { job, segment, funnel } = first.made;
		for (const path of ["/v1/segments", "/v1/funnels", "/v1/jobs"]) {
			const text = await (await get(path, second.keys.admin)).text();
			for (const secret of [job, segment, funnel, "secret "]) expect(text, path).not.toContain(secret);
		}
		for (const path of [
			`/v1/segments/${segment}`,
			`/v1/funnels/${funnel}`,
			`/v1/jobs/${job}`,
			`/v1/jobs/${job}/result`,
		]) {
			expect((await get(path, second.keys.admin)).status, path).toBe(404);
		}
		const filters = [{ segment }];
		expect((await nowcast.post("/v1/query", { filters }, second.keys.read)).status).toBe(422);
	});

	test("cannot read, change or delete the first's site, keys and jobs", async () => {
		for (const key of [second.keys.admin, second.keys.read, second.keys.server, second.keys.write]) {
			for (const [method, path, body] of [
				["GET", `/v1/sites/${first.id}`, undefined],
				["PATCH", `/v1/sites/${first.id}`, { version: 1, name: "Mine" }],
				["DELETE", `/v1/sites/${first.id}`, undefined],
				["POST", `/v1/keys?site=${first.id}`, { scope: "read" }],
				["POST", `/v1/query?site=${first.id}`, { metric: "*" }],
				["POST", `/v1/sites/${first.id}/rollups`, {}],
				["POST", `/v1/sites/${first.id}/seal`, {}],
				["GET", `/v1/status?site=${first.id}`, undefined],
				["GET", `/v1/segments?site=${first.id}`, undefined],
				["POST", `/v1/rebuild?site=${first.id}`, { from: "now-3d", to: "now" }],
				["DELETE", `/v1/visitors/${first.visitor}?site=${first.id}`, undefined],
				["GET", `/v1/keys?site=${first.id}`, undefined],
			] as const) {
				const response = await fetch(`${nowcast.url}${path}`, {
					method,
					headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
					...(body ? { body: JSON.stringify(body) } : {}),
				});
				expect([401, 403, 404], `${method} ${path} with ${key.slice(0, 3)}`).toContain(response.status);
				expect(await response.text()).not.toContain("secret_event");
			}
		}
		const sites = await (await get("/v1/sites", second.keys.admin)).text();
		expect(sites).not.toContain(first.id);
	});

	test("sees nothing of the first on its socket", async () => {
		await nowcast.send([{ name: "secret_event", age: 0, visitor_id: "own" }], second.keys.server);
		const frames: string[] = [];
		const socket = new WebSocket(`${nowcast.url.replace("http", "ws")}/v1/live?metric=secret_event`, [
			"nowcast.v1",
			second.keys.read,
		]);
		socket.addEventListener("message", (event) => frames.push(String(event.data)));
		await until("a snapshot", async () => frames.some((f) => f.includes('"snapshot"')));
		await nowcast.send([{ name: "secret_event", age: 0, visitor_id: "x" }], first.keys.server);
		await nowcast.send([{ name: "secret_event", age: 0, visitor_id: "y" }], second.keys.server);
		const count = await until("its own event", async () => {
			const delta = frames.map((f) => JSON.parse(f)).findLast((f) => f.t === "delta");
			return delta?.series?.[0]?.points?.at(-1)?.[1] as number | undefined;
		});
		// Its own two, whichever minute they fell into, and none of the first's 21.
		expect(count).toBeLessThanOrEqual(2);
		socket.close();
	});

	test("a write key reads nothing, a read key writes nothing", async () => {
		expect((await nowcast.post("/v1/query", { metric: "*" }, first.keys.write)).status).toBe(403);
		expect((await nowcast.post("/v1/events", { v: 1, events: [{ name: "x" }] }, first.keys.read)).status).toBe(403);
	});
});
