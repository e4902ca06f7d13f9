import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { logStub } from "../../durable-objects/stubs.ts";
import { DAY, HOUR, MINUTE } from "../../schema/core/zone.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import type { ProblemDocument } from "../../schema/problem.ts";
import type { Answer, QueryInput, RawAnswer } from "../../schema/query.ts";
import type { RawQuestion, RawQuestionInput } from "../../schema/questions.ts";
import { app } from "../app.ts";
import worker from "../index.ts";

const now = Date.now();

interface Made {
	tenant: TenantId;
	read: string;
	server: string;
	admin: string;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}`, "content-type": "application/json" });

async function makeSite(settings: Record<string, unknown> = {}): Promise<Made> {
	const body = JSON.stringify({ name: "Shop", zone: "Europe/Berlin", currency: "EUR", ...settings });
	const response = await app.request("/v1/sites", { method: "POST", headers: bearer("ak_test_root"), body }, env);
	const made = await response.json<{ site: { id: string }; keys: Record<string, string> }>();
	const { read = "", server = "", admin = "" } = made.keys;
	return { tenant: tenantId(made.site.id), read, server, admin };
}

interface Sent {
	visitor: string;
	name: string;
	ts: number;
	country: string;
	path: string;
	value?: number;
	plan?: string;
}

async function send(site: Made, events: readonly Sent[]): Promise<void> {
	for (let at = 0; at < events.length; at += 400) {
		const batch = events.slice(at, at + 400).map((e, i) => ({
			id: `${at + i}-${e.ts}-${e.visitor}`,
			name: e.name,
			ts: e.ts,
			visitor_id: e.visitor,
			url: `https://shop.example${e.path}`,
			...(e.value === undefined ? {} : { value: e.value }),
			...(e.plan === undefined ? {} : { props: { plan: e.plan } }),
			context: { country: e.country, user_agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/129.0.0.0" },
		}));
		const request = new Request("http://x/v1/events", {
			method: "POST",
			headers: bearer(site.server),
			body: JSON.stringify({ v: 1, events: batch }),
		});
		const context = createExecutionContext();
		const response = await worker.fetch(request as Parameters<typeof worker.fetch>[0], env, context);
		await waitOnExecutionContext(context);
		expect(await response.json()).toMatchObject({ accepted: batch.length, rejected: [] });
	}
}

const post = (key: string, question: unknown, accept = "application/json") =>
	app.request(
		"/v1/query",
		{ method: "POST", headers: { ...bearer(key), accept }, body: JSON.stringify(question) },
		env,
	);

async function ask(key: string, question: QueryInput): Promise<Answer> {
	const response = await post(key, question);
	expect(response.status, await response.clone().text()).toBe(200);
	return response.json();
}

async function askRaw<K extends RawQuestion["kind"]>(
	key: string,
	question: RawQuestionInput & { kind: K },
): Promise<RawAnswer<K>> {
	const response = await post(key, question);
	expect(response.status, await response.clone().text()).toBe(200);
	return response.json();
}

const NAMES = ["pageview", "signup", "purchase"];
const COUNTRIES = ["DE", "FR", "NP"];

/** Two days of thirty visitors, the same in every run. */
function madeUp(): Sent[] {
	let state = 7;
	const next = (n: number) => {
		state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647;
		return state % n;
	};
	return Array.from({ length: 600 }, () => {
		const name = NAMES[next(3)] ?? "";
		const visitor = next(30);
		return {
			visitor: `v${visitor}`,
			name,
			ts: now - 40 * HOUR + next(39 * 60) * MINUTE,
			country: COUNTRIES[visitor % 3] ?? "",
			path: `/p${next(8)}`,
			...(name === "purchase" ? { value: next(100) } : {}),
			...(name === "signup" ? { plan: next(2) === 0 ? "pro" : "free" } : {}),
		};
	});
}

const visitorsOf = (events: readonly Sent[]) => new Set(events.map((e) => e.visitor)).size;

describe("raw events", () => {
	const events = madeUp();
	let site: Made;

	beforeAll(async () => {
		site = await makeSite();
		await send(site, events);
	});

	/** Every stage that an event goes through on its way into the archive. */
	const stages: [string, () => Promise<void>][] = [
		["in the tail", async () => {}],
		[
			"sealed",
			async () => {
				for (let partition = 0; partition < 4; partition++) await logStub(env, site.tenant, partition).seal();
			},
		],
		["sealed, and more in the tail", () => send(site, more)],
	];
	const more: Sent[] = [
		{ visitor: "v1", name: "purchase", ts: now - HOUR, country: "FR", path: "/p1", value: 5 },
		{ visitor: "new", name: "pageview", ts: now - HOUR, country: "IN", path: "/new" },
	];
	let all: readonly Sent[] = events;

	for (const [stage, reach] of stages) {
		describe(stage, () => {
			beforeAll(async () => {
				await reach();
				if (stage.includes("more")) all = [...events, ...more];
			});

			it("answer counts, uniques and sums under filters that windows do not have", async () => {
				const bought = all.filter((e) => e.name === "purchase" && ["/p1", "/p2", "/p3"].includes(e.path));
				const filters = [{ dim: "path", op: "in" as const, values: ["/p1", "/p2", "/p3"] }];
				const base = { kind: "total", metric: "purchase", from: now - 2 * DAY, filters } as const;
				expect((await ask(site.read, base)).total).toBe(bought.length);
				const uniques = await ask(site.read, { ...base, measure: "uniques" });
				expect(uniques.total).toBe(visitorsOf(bought));
				expect(uniques.meta).toMatchObject({ exact: true, error: null, behind_ms: 0 });
				const sum = await ask(site.read, { ...base, measure: "sum" });
				expect(sum.total).toBe(bought.reduce((total, e) => total + (e.value ?? 0), 0));
				const big = all.filter((e) => e.name === "purchase" && (e.value ?? 0) > 50 && !e.path.endsWith("1"));
				const and = [
					{ dim: "value", op: "gt" as const, values: [50] },
					{ not: { dim: "path", op: "ends_with" as const, values: ["1"] } },
				];
				expect((await ask(site.read, { ...base, filters: and })).total).toBe(big.length);
			});

			it("answer series and tables by any field, and say why they had to be read", async () => {
				const { table, total, meta } = await ask(site.read, {
					kind: "breakdown",
					metric: "signup",
					measure: "uniques",
					from: now - 2 * DAY,
					groupBy: ["props.plan", "country"],
					limit: 100,
					explain: true,
				});
				const signups = all.filter((e) => e.name === "signup");
				expect(total).toBe(visitorsOf(signups));
				for (const { group, value } of table ?? []) {
					const mine = signups.filter((e) => e.plan === group["props.plan"] && e.country === group.country);
					expect(value).toBe(visitorsOf(mine));
				}
				expect(meta.plan).toMatchObject([{ source: "archive", why: expect.stringContaining("props.plan") }]);
				const hourly = await ask(site.read, {
					metric: "pageview",
					from: now - 2 * DAY,
					interval: "1h",
					filters: [{ dim: "path", values: ["/p0"] }],
				});
				const views = all.filter((e) => e.name === "pageview" && e.path === "/p0");
				hourly.series?.[0]?.points.forEach(([t, value]) => {
					const start = Date.parse(t);
					expect(value).toBe(views.filter((e) => e.ts >= start && e.ts < start + HOUR).length);
				});
				expect(hourly.series?.[0]?.total).toBe(views.length);
			});

			it("agree with the windows", async () => {
				const base = { from: "now-47h", interval: "1h", groupBy: ["country"] } satisfies QueryInput;
				const windows = await ask(site.read, base);
				const scanned = await ask(site.read, { ...base, filters: [{ dim: "name", op: "exists" }] });
				expect(windows.meta.sources).toEqual(["window"]);
				expect(scanned.meta.sources).not.toContain("window");
				expect(scanned.series).toEqual(windows.series);
				for (const measure of ["sessions", "bounce_rate", "views", "duration", "avg"] as const) {
					const asked = { kind: "total", measure, from: "now-47h" } as const;
					const [window, scan] = await Promise.all([
						ask(site.read, asked),
						ask(site.read, { ...asked, filters: [{ dim: "name", op: "exists" }] }),
					]);
					expect(scan.total, measure).toBe(window.total);
				}
			});

			it("tell how values spread, as the windows do and as brute force has it", async () => {
				const [from, to] = [now - 20 * HOUR, now - 5 * HOUR].map((t) => t - (t % HOUR)) as [number, number];
				const question = { kind: "histogram", metric: "purchase", from, to, interval: "1h", limit: 8 } as const;
				const windows = await ask(site.read, question);
				const raw = await ask(site.read, { ...question, filters: [{ dim: "path", op: "starts_with", values: ["/"] }] });
				expect([windows.meta.sources, windows.meta.exact, windows.meta.error]).toEqual([["window"], false, 0.02]);
				expect(raw.meta.sources).not.toContain("window");
				expect(raw.series).toEqual(windows.series);
				const values = events.flatMap(({ ts, value }) => (ts >= from && ts < to && value !== undefined ? [value] : []));
				let below = 0;
				for (const { group, total, points } of windows.series ?? []) {
					const edge = Number(group.to);
					below += total ?? 0;
					expect(points.reduce((sum, [, n]) => sum + (n ?? 0), 0)).toBe(total);
					expect(below).toBeGreaterThanOrEqual(values.filter((value) => value < edge / 1.021).length);
					expect(below).toBeLessThanOrEqual(values.filter((value) => value <= edge).length);
				}
				expect(below).toBe(values.length);
				expect(windows.series?.length).toBeGreaterThan(3);
				expect(windows.series?.length).toBeLessThanOrEqual(8);
			});

			it("count uniques exactly where that is asked for", async () => {
				const { total, meta } = await ask(site.read, {
					kind: "total",
					measure: "uniques",
					from: now - 2 * DAY,
					exact: true,
				});
				expect([total, meta.exact]).toEqual([visitorsOf(all), true]);
			});

			it("tell what visitors did", async () => {
				const did = (times: number) => ({ did: "purchase", at_least: times });
				const pages = all.filter((e) => e.name === "pageview");
				const often = (times: number) =>
					pages.filter((e) => all.filter((x) => x.name === "purchase" && x.visitor === e.visitor).length >= times);
				for (const times of [1, 7, 9]) {
					const asked = { kind: "total", metric: "pageview", from: now - 2 * DAY } as const;
					expect((await ask(site.read, { ...asked, filters: [did(times)] })).total).toBe(often(times).length);
					expect((await ask(site.read, { ...asked, filters: [{ not: did(times) }] })).total).toBe(
						pages.length - often(times).length,
					);
				}
			});

			it("make funnels", async () => {
				const steps = [{ event: "pageview" }, { event: "signup" }, { event: "purchase" }];
				const answer = await askRaw(site.read, { kind: "funnel", from: now - 2 * DAY, steps, window: "2h" });
				const levels = [...new Set(all.map((e) => e.visitor))].map((visitor) => furthest(all, visitor, 2 * HOUR));
				expect(answer.steps.map((step) => step.count)).toEqual(
					[1, 2, 3].map((k) => levels.filter((l) => l >= k).length),
				);
				expect(answer.meta).toMatchObject({ exact: true, behind_ms: 0 });
			});

			it("make retention, lifecycle, paths, lists of visitors and of events", async () => {
				const from = now - 2 * DAY;
				const retained = await askRaw(site.read, {
					kind: "retention",
					from,
					start: { event: "*" },
					return: { event: "purchase" },
					periods: 2,
				});
				expect(retained.cohorts.reduce((sum, cohort) => sum + cohort.size, 0)).toBe(visitorsOf(all));
				const life = await askRaw(site.read, { kind: "lifecycle", from });
				expect(life.points.reduce((sum, point) => sum + point.new, 0)).toBe(visitorsOf(all));
				const paths = await askRaw(site.read, { kind: "paths", from, anchor: { event: "signup" }, within: "visitor" });
				expect(paths.total).toBeGreaterThan(0);
				expect(paths.total).toBeLessThanOrEqual(all.filter((e) => e.name === "signup").length);
				const people = await askRaw(site.read, { kind: "visitors", from, sort: "events", limit: 5 });
				expect(people.total).toBe(visitorsOf(all));
				const [first] = people.visitors;
				const one = await askRaw(site.read, { kind: "visitor", from, visitor: first?.visitor ?? "" });
				expect(one.visitor).toEqual(first);
				expect(one.events).toHaveLength(first?.events ?? 0);
				const newest = await askRaw(site.read, { kind: "events", from, limit: 3 });
				expect(newest.events).toHaveLength(3);
				const after = await askRaw(site.read, { kind: "events", from, after: newest.cursor });
				expect(after.events).toEqual([]);
			});

			it("of one tenant are nobody else's (I7)", async () => {
				const other = await makeSite();
				const filters = [{ dim: "path", op: "exists" as const }];
				expect((await ask(other.read, { kind: "total", from: now - 2 * DAY, filters })).total).toBe(0);
				expect((await askRaw(other.read, { kind: "visitors", from: now - 2 * DAY })).total).toBe(0);
				const seen = await askRaw(site.read, { kind: "visitors", from: now - 2 * DAY, limit: 1 });
				const visitor = seen.visitors[0]?.visitor ?? "";
				expect((await askRaw(other.read, { kind: "visitor", from: now - 2 * DAY, visitor })).visitor).toBeNull();
			});
		});
	}
});

/** How far a visitor gets in pageview → signup → purchase within the window of some pageview. */
function furthest(all: readonly Sent[], visitor: string, window: number): number {
	const mine = all.filter((e) => e.visitor === visitor);
	let level = 0;
	for (const a of mine.filter((e) => e.name === "pageview")) {
		level = Math.max(level, 1);
		// Times are whole minutes: equal ones are in the order of the steps.
		const b = mine.filter((e) => e.name === "signup" && e.ts >= a.ts && e.ts <= a.ts + window);
		if (b.length === 0) continue;
		level = Math.max(level, 2);
		const first = Math.min(...b.map((e) => e.ts));
		if (mine.some((e) => e.name === "purchase" && e.ts >= first && e.ts <= a.ts + window)) return 3;
	}
	return level;
}

describe("an event", () => {
	it("is in an answer as soon as it is acknowledged", async () => {
		const site = await makeSite();
		for (let i = 1; i <= 5; i++) {
			await send(site, [{ visitor: `v${i}`, name: "open", ts: Date.now(), country: "DE", path: "/" }]);
			const filters = [{ dim: "path", values: ["/"] }];
			const { total, meta } = await ask(site.read, { kind: "total", metric: "open", filters });
			expect(total).toBe(i);
			expect(meta.sources).toEqual(["log"]);
			const { events } = await askRaw(site.read, { kind: "events" });
			expect(events).toHaveLength(i);
			expect(events[0]).toMatchObject({ name: "open", fields: { path: "/", country: "DE" } });
		}
	});
});

describe("a log that seals while it is asked", () => {
	it("has every event in every answer, once (I2)", async () => {
		const site = await makeSite({ partitions: 1 });
		const filters = [{ dim: "path", values: ["/"] }];
		for (let sent = 1; sent <= 15; sent++) {
			await send(site, [{ visitor: `v${sent}`, name: "open", ts: Date.now(), country: "DE", path: "/" }]);
			const sealing = logStub(env, site.tenant, 0).seal();
			const totals = await Promise.all(
				[1, 2, 3].map(async () => (await ask(site.read, { kind: "total", metric: "open", filters })).total),
			);
			expect(totals).toEqual([sent, sent, sent]);
			await sealing;
		}
	});
});

describe("a saved segment", () => {
	it("filters, wherever filters do; one that is not there is refused", async () => {
		const site = await makeSite();
		await send(site, [
			{ visitor: "a", name: "open", ts: now - HOUR, country: "DE", path: "/a" },
			{ visitor: "b", name: "open", ts: now - HOUR, country: "FR", path: "/b" },
		]);
		const body = JSON.stringify({ name: "A", filter: { dim: "path", values: ["/a"] } });
		const made = await app.request("/v1/segments", { method: "POST", headers: bearer(site.admin), body }, env);
		expect(made.status, await made.clone().text()).toBe(201);
		const { segment } = await made.json<{ segment: { id: string } }>();
		const filters = [{ segment: segment.id }];
		expect((await ask(site.read, { kind: "total", metric: "open", filters })).total).toBe(1);
		const steps = [{ event: "open", filters }, { event: "open" }];
		expect((await askRaw(site.read, { kind: "funnel", steps })).steps[0]?.count).toBe(1);
		const refused = await post(site.read, { filters: [{ segment: "nobody" }] });
		expect(await refused.json<ProblemDocument>()).toMatchObject({ status: 422, type: "urn:nowcast:problem:segment" });
	});
});

describe("what is refused", () => {
	it("says what to change", async () => {
		const site = await makeSite();
		await send(site, [{ visitor: "a", name: "open", ts: now - HOUR, country: "DE", path: "/a" }]);
		const steps = [{ event: "open" }, { event: "open" }];
		const bad: [unknown, number, string, string][] = [
			[{ kind: "funnel", steps: [{ event: "opn" }, { event: "open" }] }, 422, "metric", "open"],
			[{ kind: "funnel", steps, window: "91d" }, 422, "window", "90 days"],
			[{ kind: "funnel", steps, window: "forever" }, 400, "invalid", "duration"],
			[{ kind: "funnel", steps: [] }, 400, "invalid", "steps"],
			[{ kind: "funnel", steps, breakdown: { dim: "cuntry" } }, 422, "dimension", "country"],
			[{ kind: "funnel", steps, breakdown: { dim: "country", attribution: "step:3" } }, 422, "question", "step 3"],
			[{ kind: "funnel", steps, from: "now", to: "now-1d" }, 422, "range", "before"],
			[{ kind: "lifecycle", from: "now-400d", to: "now-300d" }, 422, "range", "90 days"],
			[{ kind: "visitor", visitor: "me" }, 400, "invalid", "hex"],
			[{ kind: "visitors", limit: 100_000 }, 400, "invalid", "limit"],
			[{ groupBy: ["path", "country", "city"] }, 400, "invalid", "groupBy"],
			[{ groupBy: ["path"], limit: 5000 }, 400, "invalid", "limit"],
			[{ filters: [{ dim: "path", op: "like", values: ["a"] }] }, 400, "invalid", "filters"],
			[{ filters: [{ dim: "path", op: "matches", values: ["(a{99}){99}"] }] }, 422, "filter", "large"],
		];
		for (const [question, status, code, hint] of bad) {
			const response = await post(site.read, question);
			const problem = await response.json<ProblemDocument>();
			expect([response.status, problem.type], JSON.stringify(question)).toEqual([
				status,
				`urn:nowcast:problem:${code}`,
			]);
			expect(problem.detail).toContain(hint);
		}
	});
});

describe("CSV", () => {
	it("is there for whoever accepts it", async () => {
		const site = await makeSite();
		await send(site, [
			{ visitor: "a", name: "open", ts: now - HOUR, country: "DE", path: '/a,"b"' },
			{ visitor: "b", name: "open", ts: now - HOUR, country: "FR", path: "/b" },
		]);
		const csv = async (question: QueryInput | RawQuestionInput) => {
			const response = await post(site.read, question, "text/csv");
			expect(response.headers.get("content-type")).toContain("text/csv");
			return (await response.text()).trim().split("\r\n");
		};
		const table = await csv({ kind: "breakdown", metric: "open", groupBy: ["country", "path"] });
		expect(table[0]).toBe("country,path,value");
		expect(table.slice(1).sort()).toEqual(['DE,"/a,%22b%22",1', "FR,/b,1"]);
		expect(await csv({ kind: "total", metric: "open" })).toEqual(["time,value", ",2"]);
		const series = await csv({ metric: "open", from: now - 2 * HOUR, interval: "1h" });
		expect(series[0]).toBe("time,value");
		expect(series.slice(1).reduce((sum, line) => sum + Number(line.split(",")[1]), 0)).toBe(2);
		expect((await csv({ kind: "events" }))[0]).toContain("time,name,visitor");
		expect(await csv({ kind: "visitors" })).toHaveLength(3);
		expect((await csv({ kind: "lifecycle", from: "now-1d" }))[0]).toBe(
			"time,new,returning,resurrecting,dormant,partial",
		);
	});
});

describe("fields", () => {
	it("are listed, and their values looked up in raw events", async () => {
		const site = await makeSite({ dimensions: ["plan"] });
		await send(site, [{ visitor: "a", name: "signup", ts: now - HOUR, country: "DE", path: "/a", plan: "pro" }]);
		const get = async (path: string) => (await app.request(path, { headers: bearer(site.read) }, env)).json();
		expect(await get("/v1/fields")).toMatchObject({
			fields: expect.arrayContaining([
				{ name: "plan", kind: "text", store: "dimension" },
				{ name: "path", kind: "text", store: "open" },
				{ name: "city", kind: "text", store: "event" },
				{ name: "value", kind: "number", store: "event" },
			]),
		});
		expect(await get("/v1/dimensions/host/values")).toMatchObject({ values: [{ value: "shop.example", count: 1 }] });
		expect(await get("/v1/dimensions/props.plan/values")).toMatchObject({ values: [{ value: "pro", count: 1 }] });
	});
});
