import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { directory } from "../../durable-objects/stubs.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { Window } from "../../schema/core/window.ts";
import { DAY, HOUR } from "../../schema/core/zone.ts";
import { archivePrefix, type TenantId } from "../../schema/ids.ts";
import type { PanelAnswer } from "../../schema/panel.ts";
import type { Env } from "../env.ts";
import { compact } from "../jobs/compact.ts";
import { advance } from "../jobs/run.ts";
import { retainArchive } from "../rollup/retention.ts";
import { recorder } from "../rollup/test-rollup.ts";
import { jobById } from "../store/jobs.ts";
import { readWindows, upsertWindow } from "../store/rollups.ts";
import { catalogue } from "../store/segments.ts";
import type { ImportAnswer } from "./import.ts";
import { app, call, type Made, newSite, ROOT, refused } from "./test-api.ts";

/** Noon, 20 days ago. */
const NOON = Math.floor(Date.now() / DAY) * DAY - 20 * DAY + 12 * HOUR;
const BROWSER =
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36";

const event = (ts: number, visitor_id: string, name: string, more: Record<string, unknown> = {}) => ({
	name,
	ts,
	visitor_id,
	context: { user_agent: BROWSER, country: "DE" },
	...more,
});

async function post(key: string, body: string, type = "application/x-ndjson"): Promise<Response> {
	const headers = {
		authorization: `Bearer ${key}`,
		"content-type": type,
		"content-length": String(new TextEncoder().encode(body).length),
	};
	return app.request("/v1/import", { method: "POST", headers, body }, env);
}

async function importLines(made: Made, lines: readonly unknown[]): Promise<ImportAnswer> {
	const body = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
	const response = await post(made.keys.server, body);
	expect(response.status).toBe(202);
	return response.json();
}

/** Lets the job run to its end, or to where it waits for a day. */
async function finish(answer: Pick<ImportAnswer, "job">, bindings: Env = { ...env, JOBS: recorder().queue }) {
	const id = answer.job?.id ?? "";
	for (let i = 0; i < 100; i++) {
		const job = await jobById(env, id);
		if (job === undefined || job.status === "done" || job.dueAt > Date.now() + 1000) return job;
		await advance(bindings, id, Date.now);
	}
	throw new Error(`job ${id} does not end`);
}

const parts = ["total", "dim:country", "dim:device", "hit:path", "hit:entry", "cube"];
/** D1's windows of a metric, decoded where they are whole. */
async function windows(
	tenant: TenantId,
	metric: string,
	grain: "hour" | "day",
	from = NOON - 12 * HOUR,
	to = from + DAY,
) {
	const hits = ["path", "entry", "referrer", "channel", "browser", "os", "utm_source", "utm_medium", "utm_campaign"];
	const all = [...parts, ...hits.map((name) => `hit:${name}`), "dim:plan"];
	const read = { tenant, metric, grain, from, to, parts: [...new Set(all)] };
	const found = [];
	for await (const some of readWindows(env, { ...read, fields: ["stats", "uniques", "quantiles"] }))
		found.push(...some);
	return found.map(({ bucket, version, sections }) => ({ bucket, version, window: Window.fromSections(sections) }));
}

const counts = async (...args: Parameters<typeof windows>) =>
	(await windows(...args)).map(({ bucket, window }) => [(bucket - NOON) / HOUR, window.total.count]);

describe("POST /v1/import", () => {
	it("is what a panel shows at once, and sockets bring no windows that lack it", async () => {
		const [made, other] = [await newSite({}), await newSite({})];
		const panel = {
			kind: "line",
			id: "p",
			grid: { x: 0, y: 0, w: 12, h: 8 },
			time: { from: "now-21d", to: "now" },
			interval: "1h",
			queries: [{ ref: "A", metric: "*" }],
		};
		const asked = async ({ keys }: Made) => {
			const { results } = await call<PanelAnswer>(200, "POST", "/v1/panels/query", keys.read, { panel });
			return results[0];
		};
		await importLines(made, [event(NOON, "ann", "pageview", { url: "https://shop.example/" })]);
		const fromEvents = { series: [{ total: 1 }], meta: { sources: ["archive"] } };
		expect(await asked(made)).toMatchObject({ answer: fromEvents, live: null });
		const fromWindows = { series: [{ total: 0 }], meta: { sources: ["d1", "window"] } };
		expect(await asked(other)).toMatchObject({ answer: fromWindows, live: { metric: "*", interval: "1h" } });
	});

	it("brings history into the archive, and into hours and days of every metric", async () => {
		const made = await newSite({ currency: "EUR", dimensions: ["plan"] });
		const { id } = made.site;
		const url = "https://shop.example/a";
		const answer = await importLines(made, [
			event(NOON, "ann", "pageview", { url, props: { plan: "pro" } }),
			event(NOON + 60_000, "ann", "purchase", { value: 9, currency: "EUR" }),
			event(NOON + HOUR, "ben", "pageview", { url, ts: new Date(NOON + HOUR).toISOString() }),
		]);
		expect(answer).toMatchObject({ accepted: 3, known: 0, rejected: 0, errors: [] });
		const [segment, ...none] = await catalogue(env, id, null);
		expect(none).toEqual([]);
		expect(segment).toMatchObject({ source: "import", rows: 3, minTs: NOON, maxTs: NOON + HOUR });
		expect(segment?.names).toEqual(["pageview", "purchase"]);
		expect(await finish(answer)).toMatchObject({ status: "done", state: { events: 3, done: 1 } });
		expect(await counts(id, "*", "hour")).toEqual([
			[0, 2],
			[1, 1],
		]);
		expect(await counts(id, "*", "day")).toEqual([[-12, 3]]);
		expect(await counts(id, "pageview", "day")).toEqual([[-12, 2]]);
		expect(await counts(id, "session", "hour")).toEqual([
			[0, 1],
			[1, 1],
		]);
		const [day] = await windows(id, "*", "day");
		expect(day?.window.total.sum).toBe(9);
		expect(day?.window.total.uniques?.count()).toBeCloseTo(2);
		expect(day?.window.dims.get("plan")?.get("pro")?.count).toBe(1);
		expect([...(day?.window.cube.keys() ?? [])]).toContain("DE\x1fdesktop\x1fpro");
		const [session] = await windows(id, "session", "hour");
		expect(session?.window.total).toMatchObject({ count: 1 });
		expect(session?.window.hits.get("entry")?.cells.get("/a")?.count).toBe(1);
	});

	it("I2: the same file again changes nothing; nor does a rebuild, whole or killed at any step", async () => {
		const made = await newSite();
		const { id } = made.site;
		const lines = [
			event(NOON, "ann", "view"),
			event(NOON, "ann", "view"),
			event(NOON + 5, "ben", "view", { id: "e1" }),
		];
		await finish(await importLines(made, lines));
		const [before, segments] = [await counts(id, "*", "day"), await catalogue(env, id, null)];
		expect(before).toEqual([[-12, 3]]);
		const again = await importLines(made, lines);
		expect(again).toMatchObject({ accepted: 3, known: 3 });
		expect(await catalogue(env, id, null)).toEqual(segments);
		const down = { ...env, JOBS: recorder().queue };
		for (const fails of [1, 2, 3, 5, 8]) {
			let calls = 0;
			const db = new Proxy(env.DB, {
				get(target, name) {
					const value = Reflect.get(target, name);
					if (typeof value !== "function") return value;
					return (...args: unknown[]) => {
						if (name === "batch" && ++calls === fails) throw new Error("killed");
						return Reflect.apply(value, target, args);
					};
				},
			});
			await advance({ ...down, DB: db }, again.job?.id ?? "", Date.now);
			await env.DB.prepare("UPDATE jobs SET due_at = 0 WHERE id = ?").bind(again.job?.id).run();
		}
		expect(await finish(again)).toMatchObject({ status: "done", error: null });
		expect(await counts(id, "*", "day")).toEqual(before);
		expect(await counts(id, "*", "hour")).toEqual([[0, 3]]);
	});

	it("I2: the same file again, long after a death before it was noted as imported, changes nothing", async () => {
		const made = await newSite();
		const { id } = made.site;
		const files = ["ann", "ben", "tom"].map((visitor) => [event(NOON, visitor, "view")]);
		for (const lines of files) await importLines(made, lines);
		const { objects } = await env.ARCHIVE.list({ prefix: `${archivePrefix(id)}imports/` });
		await env.ARCHIVE.delete(objects.map(({ key }) => key));
		const now = Date.now();
		await compact(env, now - (now % HOUR));
		await retainArchive(env, now + HOUR);
		for (const lines of files) expect(await importLines(made, lines)).toMatchObject({ accepted: 1, known: 1 });
		expect((await catalogue(env, id, null)).map(({ rows }) => rows)).toEqual([3]);
	});

	it("wins over the windows that were there, adds to what the logs archived, and leaves other sites alone (I7)", async () => {
		const [made, other] = [await newSite(), await newSite()];
		for (const { site } of [made, other]) {
			const window = new Window({ cube: ["country", "device"], marginals: [], hits: [], signed: false });
			const { hi, lo } = hash64("old");
			window.add(["FR", "mobile"], [], [], Number.NaN, hi, lo);
			for (const metric of ["*", "gone"]) {
				const key = { tenant: site.id, metric, grain: "hour" as const, bucket: NOON };
				const version = { epoch: 0, n: 70 };
				await upsertWindow(env, key, { grain: "hour", bucket: NOON, version, sections: window.toSections() });
			}
		}
		await finish(await importLines(made, [event(NOON, "ann", "view")]));
		await finish(await importLines(made, [event(NOON + 1, "ben", "view")]));
		const [hour] = await windows(made.site.id, "*", "hour");
		expect(hour?.window.total.count).toBe(2);
		expect(hour?.version.epoch).toBe(2);
		expect([...(hour?.window.dims.get("country")?.keys() ?? [])]).toEqual(["DE"]);
		expect(await counts(made.site.id, "gone", "hour")).toEqual([[0, 0]]);
		expect(await counts(other.site.id, "*", "hour")).toEqual([[0, 1]]);
		expect(await counts(other.site.id, "gone", "hour")).toEqual([[0, 1]]);
	});

	it("follows a session over midnight into the next day, and counts it in the day that it began in", async () => {
		const made = await newSite();
		const midnight = NOON + 12 * HOUR;
		const minute = (n: number) => event(midnight + n * 60_000, "ann", "pageview", { url: "https://a.example/" });
		await finish(await importLines(made, [-20, -5, 10, 30].map(minute)));
		const days = await windows(made.site.id, "session", "day", NOON - 12 * HOUR, NOON + 2 * DAY);
		expect(days.map(({ window }) => [window.total.count, window.total.views])).toEqual([[1, 4]]);
	});

	it("names the lines that it left out, and takes the others", async () => {
		const made = await newSite();
		const answer = await importLines(made, [
			"no json",
			event(NOON, "ann", "view"),
			{ name: "view", visitor_id: "ann" },
			event(Date.now() + HOUR, "ann", "view"),
			event(Date.now() - 100 * DAY, "ann", "view"),
			{ ...event(NOON, "", "view"), context: { ip: "1.2.3.4" } },
			{ name: "", ts: NOON },
			{ name: "invoice", ts: NOON, value: 3 },
		]);
		expect(answer).toMatchObject({ accepted: 2, rejected: 6 });
		expect(answer.errors.map(({ line, code }) => [line, code])).toEqual([
			[1, "invalid"],
			[3, "invalid"],
			[4, "future"],
			[5, "too_old"],
			[6, "visitor"],
			[7, "invalid"],
		]);
	});

	it("reads CSV by its header", async () => {
		const made = await newSite();
		const csv = `name,ts,visitor_id,value,props.plan,context.country\nbuy,${NOON},ann,"9.5",pro,FR\nbuy,${NOON},ben,x,,`;
		const response = await post(made.keys.admin, csv, "text/csv; charset=utf-8");
		const answer = await response.json<ImportAnswer>();
		expect(answer).toMatchObject({ accepted: 1, rejected: 1, errors: [{ line: 3, code: "invalid" }] });
		await finish(answer);
		const [hour] = await windows(made.site.id, "buy", "hour");
		expect(hour?.window.total).toMatchObject({ count: 1, sum: 9.5 });
		expect([...(hour?.window.dims.get("country")?.keys() ?? [])]).toEqual(["FR"]);
	});

	it("is for server and admin keys, and refuses bodies that it could only take by half", async () => {
		const { keys } = await newSite();
		expect((await post(keys.write, "{}")).status).toBe(403);
		expect((await post(keys.read, "{}")).status).toBe(403);
		expect((await post(ROOT, "{}")).status).toBe(422);
		const headers = { authorization: `Bearer ${keys.server}` };
		const without = app.request("/v1/import", { method: "POST", headers, body: "{}" }, env);
		expect((await without).status).toBe(411);
		const long = { ...headers, "content-length": String(51 * 2 ** 20) };
		expect((await app.request("/v1/import", { method: "POST", headers: long, body: "{}" }, env)).status).toBe(413);
		expect((await post(keys.server, `name\n"${"x".repeat(100_000)}`, "text/csv")).status).toBe(400);
	});

	it("admits the names it brings, and leaves the days of live windows to them, for now", async () => {
		const made = await newSite();
		const answer = await importLines(made, [event(Date.now() - 2 * DAY, "ann", "brand_new")]);
		expect((await directory(env, made.site.id).config())?.metrics).toEqual(["brand_new"]);
		const job = await finish(answer);
		expect(job).toMatchObject({ status: "waiting", state: { events: 0, next: job?.state.from } });
		expect(job?.state.note).toContain("once it is 3 days old");
		expect(job?.dueAt).toBeGreaterThan(Date.now() + DAY);
		// Another file of the same days: the job that waits comes to them too.
		const next = await importLines(made, [event(Date.now() - 2 * DAY + 1, "ben", "brand_new")]);
		expect(next.job?.id).toBe(answer.job?.id);
		const later = Date.now() + 9 * DAY;
		for (let i = 0; i < 5; i++) await advance({ ...env, JOBS: recorder().queue }, answer.job?.id ?? "", () => later);
		expect(await jobById(env, answer.job?.id ?? "")).toMatchObject({ status: "done", state: { events: 2 } });
	});
});

describe("POST /v1/rebuild", () => {
	it("recomputes days from what the logs archived, for a dimension that was declared since", async () => {
		const { site, keys } = await newSite();
		await importLines({ site, keys } as Made, [event(NOON, "ann", "view", { props: { plan: "pro" } })]);
		await call(200, "PATCH", `/v1/sites/${site.id}`, keys.admin, { version: 1, dimensions: ["plan"] });
		const { job } = await call<{ job: { id: string; status: string } }>(202, "POST", "/v1/rebuild", keys.admin, {
			from: NOON - HOUR,
			to: NOON + HOUR,
		});
		expect(await finish({ job })).toMatchObject({ status: "done" });
		const [day] = await windows(site.id, "*", "day");
		expect(day?.window.dims.get("plan")?.get("pro")?.count).toBe(1);
	});

	it("refuses what it cannot do", async () => {
		const { keys } = await newSite();
		const post = (status: number, key: string, body: unknown) => refused(status, "POST", "/v1/rebuild", key, body);
		await post(403, keys.read, { from: NOON });
		await post(422, ROOT, { from: NOON });
		await post(422, keys.admin, { from: "yesterday" });
		await post(422, keys.admin, { from: NOON, to: NOON - 1 });
		expect((await post(422, keys.admin, { from: "now-100d" })).detail).toContain("can't be rebuilt");
		await post(400, keys.admin, { from: NOON, until: 3 });
	});
});
