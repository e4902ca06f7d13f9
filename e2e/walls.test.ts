/** I7: a second tenant sees nothing of the first, by any route, socket or key. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CSRF_HEADER } from "../schema/people.ts";
import { Nowcast, until } from "./nowcast.ts";

interface Created {
	id: string;
	/** One of its visitors, as `visitors` names them. */
	visitor: string;
	/** What it has of its own, by id. */
	made: Record<"job" | "segment" | "funnel" | "dashboard" | "annotation" | "share" | "digest", string>;
	/** The organisation that owns it, and an admin of that. */
	org: string;
	person: Person;
	keys: { write: string; server: string; read: string; edit: string; admin: string };
}

/** Somebody who signed in. */
interface Person {
	id: string;
	cookie: string;
	csrf: string;
}

let nowcast: Nowcast;
let first: Created;
let second: Created;

/** A site in an organisation of its own, with an admin. */
async function createSite(name: string): Promise<Created> {
	const org = await made("/v1/organisations", { name }, "ak_demo");
	const response = await nowcast.post("/v1/sites", { name, org }, "ak_demo");
	expect(response.status).toBe(201);
	const { site, keys } = (await response.json()) as { site: { id: string }; keys: Created["keys"] };
	const ids = { job: "", segment: "", funnel: "", dashboard: "", annotation: "", share: "", digest: "" };
	return { id: site.id, visitor: "", made: ids, org, person: await join(org, `secret-${name}@x.example`), keys };
}

/** Makes something; answers its id, wherever in the answer it stands. */
async function made(path: string, body: unknown, key: string): Promise<string> {
	const answer = (await (await nowcast.post(path, body, key)).json()) as Record<string, unknown>;
	const [, id] = /"(?:id|uid)":"([^"]+)"/.exec(JSON.stringify(answer)) ?? [];
	if (id === undefined) throw new Error(`${path}: ${JSON.stringify(answer)}`);
	return id;
}

/** Invites an admin, who accepts. */
async function join(org: string, email: string): Promise<Person> {
	const invited = await nowcast.post(`/v1/invitations?org=${org}`, { email, role: "admin" }, "ak_demo");
	const { link } = (await invited.json()) as { link: string };
	const response = await fetch(`${nowcast.url}/v1/invitations/accept`, {
		method: "POST",
		body: JSON.stringify({ token: link.split("#")[1], name: email, password: "long enough for NIST" }),
	});
	const { user, csrf } = (await response.json()) as { user: { id: string }; csrf: string };
	return { id: user.id, cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "", csrf };
}

const asPerson = ({ cookie, csrf }: Person): Record<string, string> => ({ cookie, [CSRF_HEADER]: csrf });
const asKey = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

const FUNNEL = { steps: [{ event: "secret_event" }, { event: "secret_event" }] };
const PANEL = {
	kind: "stat",
	id: "p",
	grid: { x: 0, y: 0, w: 6, h: 4 },
	queries: [{ ref: "A", metric: "secret_event" }],
};
const SEGMENT = [{ dim: "path", op: "contains", values: ["private"] }];

/** What the first has beside its events. */
async function furnish(site: Created): Promise<void> {
	const ask = { kind: "visitors", from: "now-1h" };
	const answer = await (await nowcast.post("/v1/query", ask, site.keys.read)).json();
	site.visitor = (answer as { visitors: { visitor: string }[] }).visitors[0]?.visitor ?? "";
	const { admin } = site.keys;
	const dashboard = await made("/v1/dashboards", { dashboard: { title: "secret dashboard", panels: [PANEL] } }, admin);
	const digest = { dashboard, name: "secret digest", url: "http://127.0.0.1:9/hook" };
	site.made = {
		dashboard,
		segment: await made("/v1/segments", { name: "secret segment", filter: { and: SEGMENT } }, admin),
		funnel: await made("/v1/funnels", { name: "secret funnel", definition: FUNNEL }, admin),
		job: await made(`/v1/visitors/${site.visitor}/export`, {}, admin),
		annotation: await made("/v1/annotations", { text: "secret annotation", tags: ["secret"] }, admin),
		share: await made(`/v1/dashboards/${dashboard}/shares`, { name: "secret link", embed: true }, admin),
		digest: await made("/v1/digests", digest, admin),
	};
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

	test("has none of the first's dashboards, annotations, links and digests", async () => {
		const { dashboard, annotation, share, digest } = first.made;
		const secrets = [dashboard, annotation, share, digest, "secret "];
		for (const caller of [asKey(second.keys.admin), asPerson(second.person)]) {
			const ask = (method: string, path: string, body?: unknown) =>
				fetch(`${nowcast.url}${path}`, {
					method,
					headers: { ...caller, "content-type": "application/json" },
					...(body === undefined ? {} : { body: JSON.stringify(body) }),
				});
			for (const path of ["/v1/dashboards", "/v1/annotations?from=now-7d", "/v1/shares", "/v1/digests"]) {
				const response = await ask("GET", path);
				expect(response.status, path).toBe(200);
				const text = await response.text();
				for (const secret of secrets) expect(text, path).not.toContain(secret);
			}
			const at = `/v1/dashboards/${dashboard}`;
			const change = { version: 1, dashboard: { title: "mine" } };
			for (const [method, path, body] of [
				["GET", at],
				["PUT", at, change],
				["DELETE", at],
				["POST", `${at}/duplicate`, {}],
				["POST", `${at}/panels`, { panel: PANEL }],
				["GET", `${at}/versions`],
				["GET", `${at}/versions/1`],
				["GET", `${at}/versions/1/diff?to=1`],
				["POST", `${at}/versions/1/restore`, { version: 1 }],
				["GET", `${at}/export`],
				["POST", `${at}/panels/p/query`, {}],
				["POST", `${at}/variables/v`, {}],
				["GET", `${at}/shares`],
				["POST", `${at}/shares`, {}],
				["DELETE", `/v1/shares/${share}`],
				["PUT", `/v1/annotations/${annotation}`, { at: 1, text: "mine", version: 1 }],
				["DELETE", `/v1/annotations/${annotation}`],
				["PUT", `/v1/digests/${digest}`, { name: "mine", url: "http://127.0.0.1:9/", version: 1 }],
				["DELETE", `/v1/digests/${digest}`],
				["POST", `/v1/digests/${digest}/send`, {}],
				["POST", "/v1/digests", { dashboard, name: "mine", url: "http://127.0.0.1:9/" }],
				["POST", "/v1/annotations", { text: "mine", dashboard }],
				["GET", `/v1/dashboards?site=${first.id}`],
				["POST", `/v1/dashboards?site=${first.id}`, { dashboard: { title: "mine" } }],
			] as const) {
				const response = await ask(method, path, body);
				const text = await response.text();
				// That what is made here refers to a dashboard that is not here is 422.
				const refused = method === "POST" && /^.v1.(digests|annotations)$/.test(path) ? [404, 422] : [404];
				expect(refused, `${method} ${path}: ${text}`).toContain(response.status);
				for (const secret of ["secret_event", "secret dashboard"]) expect(text).not.toContain(secret);
			}
		}
		const mine = await get(`/v1/dashboards/${dashboard}`, first.keys.read);
		expect(await mine.json()).toMatchObject({ version: 1 });
	});

	test("knows nobody of the first's people, and nothing of what they did", async () => {
		const everywhere = await (await get(`/v1/audit?org=${first.org}`, "ak_demo")).text();
		expect(everywhere).toContain("secret dashboard");
		const { id } = first.person;
		const there = `?org=${first.org}`;
		for (const [name, caller] of [
			["key", asKey(second.keys.admin)],
			["person", asPerson(second.person)],
		] as const) {
			for (const path of ["/v1/members", "/v1/invitations", "/v1/audit", "/v1/organisations", "/v1/session"]) {
				const response = await fetch(`${nowcast.url}${path}`, { headers: caller });
				const text = await response.text();
				expect(name === "key" ? [401, 403] : [200], `${path}: ${text}`).toContain(response.status);
				for (const secret of [id, first.org, first.id, "secret-First", "secret dashboard"])
					expect(text, `${name} ${path}`).not.toContain(secret);
			}
			for (const [method, path, body] of [
				["GET", `/v1/members${there}`],
				["GET", `/v1/invitations${there}`],
				["GET", `/v1/audit${there}`],
				["GET", `/v1/audit?site=${first.id}`],
				["PATCH", `/v1/organisations/${first.org}`, { name: "Mine" }],
				["PATCH", `/v1/members/${id}`, { role: "viewer" }],
				["PATCH", `/v1/members/${id}${there}`, { role: "viewer" }],
				["DELETE", `/v1/members/${id}${there}`],
				["POST", `/v1/members/${id}/reset${there}`, {}],
				["POST", `/v1/members/${id}/reset`, {}],
				["POST", `/v1/invitations${there}`, { email: "me@x.example", role: "admin" }],
				["POST", `/v1/sites`, { name: "Mine", org: first.org }],
			] as const) {
				const response = await fetch(`${nowcast.url}${path}`, {
					method,
					headers: { ...caller, "content-type": "application/json" },
					...(body === undefined ? {} : { body: JSON.stringify(body) }),
				});
				const text = await response.text();
				expect([401, 403, 404], `${name}: ${method} ${path}: ${text}`).toContain(response.status);
				expect(text).not.toMatch(/secret-First|secret dashboard/);
			}
		}
	});

	test("opens no socket to the first by its own key, or a link that it made up", async () => {
		for (const [protocols, query] of [
			[["nowcast.v1", second.keys.admin], `metric=*&site=${first.id}`],
			[["nowcast.v1", `sh_${first.made.share}.${"A".repeat(43)}`], "metric=*"],
		] as const) {
			const socket = new WebSocket(`${nowcast.url.replace("http", "ws")}/v1/live?${query}`, [...protocols]);
			const frame = await new Promise<string>((resolve) => {
				socket.addEventListener("message", ({ data }) => resolve(String(data)));
			});
			socket.close();
			expect(JSON.parse(frame)).toMatchObject({ t: "error" });
		}
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
