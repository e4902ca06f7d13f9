/** I7: a second tenant sees nothing of the first, by any route, socket or key. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Nowcast, until } from "./nowcast.ts";

interface Created {
	id: string;
	keys: { write: string; server: string; read: string; admin: string };
}

let nowcast: Nowcast;
let first: Created;
let second: Created;

async function createSite(name: string): Promise<Created> {
	const response = await nowcast.post("/v1/sites", { name }, "ak_demo");
	expect(response.status).toBe(201);
	const { site, keys } = (await response.json()) as { site: { id: string }; keys: Created["keys"] };
	return { id: site.id, keys };
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

	test("cannot read, change or delete the first's site, keys and jobs", async () => {
		for (const key of [second.keys.admin, second.keys.read, second.keys.server, second.keys.write]) {
			for (const [method, path, body] of [
				["GET", `/v1/sites/${first.id}`, undefined],
				["PATCH", `/v1/sites/${first.id}`, { version: 1, name: "Mine" }],
				["DELETE", `/v1/sites/${first.id}`, undefined],
				["POST", `/v1/keys?site=${first.id}`, { scope: "read" }],
				["POST", `/v1/query?site=${first.id}`, { metric: "*" }],
				["POST", `/v1/sites/${first.id}/rollups`, {}],
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
