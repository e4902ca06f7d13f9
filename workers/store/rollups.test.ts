import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { tenantId } from "../../schema/ids.ts";
import type { Section, StoredWindow, Version } from "../../schema/rollup.ts";
import {
	MAX_BATCH_BYTES,
	MAX_SECTION_BYTES,
	type RollupKey,
	type RollupRead,
	readWindows,
	upsertWindow,
	upsertWindows,
} from "./rollups.ts";

const HOUR = 3_600_000;
let tenants = 0;
const someKey = (): RollupKey => ({
	tenant: tenantId(`rollups_${++tenants}`),
	metric: "*",
	grain: "hour",
	bucket: 480_000 * HOUR,
});

const section = (part: string, page: number, fill: number, bytes = 4): Section => ({
	part,
	page,
	stats: new Uint8Array([fill, page]),
	uniques: new Uint8Array(bytes).fill(fill),
	quantiles: new Uint8Array(0),
});
const windowOf = (key: RollupKey, version: Version, sections: Section[]): StoredWindow => ({
	grain: key.grain,
	bucket: key.bucket,
	version,
	sections,
});

async function readAll(key: RollupKey, parts: string[], more: Partial<RollupRead> = {}): Promise<StoredWindow[]> {
	const fields: RollupRead["fields"] = ["stats", "uniques", "quantiles"];
	const read = { ...key, from: 0, to: key.bucket + 1000 * HOUR, parts, fields, ...more };
	const windows: StoredWindow[] = [];
	for await (const some of readWindows(env, read)) windows.push(...some);
	return windows;
}
const PARTS = ["total", "dim:country", "cube", "hit:path"];
const stored = async (key: RollupKey) => (await readAll(key, PARTS))[0];

describe("rollups", () => {
	it("I4: the higher version wins, in whatever order they come", async () => {
		const versions = [
			{ epoch: 1, n: 3 },
			{ epoch: 0, n: 9 },
			{ epoch: 1, n: 4 },
			{ epoch: 1, n: 2 },
		];
		const key = someKey();
		for (const [i, version] of versions.entries()) {
			await upsertWindow(env, key, windowOf(key, version, [section("total", 0, i)]));
		}
		expect(await stored(key)).toEqual(windowOf(key, { epoch: 1, n: 4 }, [section("total", 0, 2)]));
	});

	it("I4: a window is replaced whole: pages and parts of the older version go", async () => {
		const key = someKey();
		const older = [section("total", 0, 1), section("cube", 0, 1), section("cube", 1, 1), section("hit:path", 0, 1)];
		const newer = [section("total", 0, 2), section("cube", 0, 2)];
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 1 }, older));
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 2 }, newer));
		expect((await stored(key))?.sections).toEqual([newer[1], newer[0]]);
	});

	it("I4: an old message that comes late leaves none of its pages behind", async () => {
		const key = someKey();
		const newer = [section("total", 0, 2)];
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 2 }, newer));
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 1 }, [section("total", 0, 1), section("cube", 1, 1)]));
		expect(await stored(key)).toEqual(windowOf(key, { epoch: 0, n: 2 }, newer));
	});

	it("I4: many windows at once are as many one by one", async () => {
		const [mine, theirs] = [someKey(), someKey()];
		const keys = [mine, { ...mine, bucket: mine.bucket + HOUR }, { ...mine, metric: "purchase" }, theirs];
		const both = (fill: number) => [section("cube", 0, fill), section("total", 0, fill)];
		for (const key of keys) await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 5 }, both(5)));
		const newer = new Set([0, 3]);
		const windows = keys.map((key, i) => {
			const [n, fill] = newer.has(i) ? [6, 6] : [4, 4];
			return [key, windowOf(key, { epoch: 0, n }, [section("total", 0, fill), section("hit:path", 0, fill)])] as const;
		});
		// A newer one: two rows in place of one that changes and one that goes. An older one leaves one, which goes again.
		expect(await upsertWindows(env, windows)).toBe(2 * 3 + 2 * 2);
		for (const [i, key] of keys.entries()) {
			const found = (await readAll(key, PARTS)).find(({ bucket }) => bucket === key.bucket);
			const sections = newer.has(i) ? [section("hit:path", 0, 6), section("total", 0, 6)] : both(5);
			expect(found).toEqual(windowOf(key, { epoch: 0, n: newer.has(i) ? 6 : 5 }, sections));
		}
	});

	it("no statement looks at more than its own windows", async () => {
		const key = someKey();
		const seen: string[] = [];
		const prepare = (sql: string) => {
			seen.push(sql);
			return env.DB.prepare(sql);
		};
		const DB = new Proxy(env.DB, {
			get: (db, name) => (name === "prepare" ? prepare : Reflect.get(db, name).bind(db)),
		});
		await upsertWindow({ DB }, key, windowOf(key, { epoch: 0, n: 1 }, [section("total", 0, 1)]));
		const read = { ...key, from: 0, to: key.bucket + 1, parts: ["total"], fields: ["stats" as const] };
		for await (const windows of readWindows({ DB }, read)) expect(windows).toHaveLength(1);
		expect(seen).toHaveLength(3);
		for (const sql of seen) {
			const values = sql.includes("?6") ? Array.from({ length: 6 }, () => "[]") : ["[]"];
			const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
				.bind(...values)
				.all<{ detail: string }>();
			const steps = results.map(({ detail }) => detail);
			expect(steps.filter((step) => /^SCAN (rollups|r|newest)\b/.test(step))).toEqual([]);
			expect(steps.length).toBeGreaterThan(0);
		}
	});

	it("a redelivered version writes no row", async () => {
		const key = someKey();
		const window = windowOf(key, { epoch: 0, n: 1 }, [section("total", 0, 1)]);
		expect(await upsertWindow(env, key, window)).toBe(1);
		expect(await upsertWindow(env, key, window)).toBe(0);
	});

	it("a window above a batch is stored whole, and its old parts go with the last batch", async () => {
		const key = someKey();
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 1 }, [section("hit:path", 0, 1)]));
		const bytes = MAX_SECTION_BYTES - 2;
		const pages = Math.ceil(MAX_BATCH_BYTES / bytes) + 1;
		const large = Array.from({ length: pages }, (_, page) => section("cube", page, 2, bytes));
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 2 }, [section("total", 0, 2), ...large]));
		const found = await stored(key);
		expect(found?.sections.map(({ part, page }) => [part, page])).toEqual([
			...large.map(({ page }) => ["cube", page]),
			["total", 0],
		]);
		expect(found?.sections.every((s) => s.uniques.every((byte) => byte === 2))).toBe(true);
	});

	it("I8: a section that is no row of D1 is refused", async () => {
		const key = someKey();
		const store = async () =>
			upsertWindow(env, key, windowOf(key, { epoch: 0, n: 1 }, [section("cube", 0, 1, MAX_SECTION_BYTES)]));
		expect(await store().catch((error) => error)).toBeInstanceOf(RangeError);
	});

	it("a window that lacks a page is refused, not read as a smaller one (I6)", async () => {
		const key = someKey();
		const sections = ["cube", "total"].flatMap((part) => [0, 1, 2].map((page) => section(part, page, 1)));
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 1 }, sections));
		const lose = (page: number) =>
			env.DB.prepare("DELETE FROM rollups WHERE tenant = ? AND part = 'cube' AND page = ?")
				.bind(key.tenant, page)
				.run();
		await lose(2);
		await expect(stored(key)).rejects.toThrow("lacks a page of cube");
		expect(await readAll(key, ["total"])).toHaveLength(1);
		await lose(0);
		await expect(stored(key)).rejects.toThrow("lacks a page of cube");
	});

	it("reads the parts and fields asked for, and leaves other columns empty", async () => {
		const key = someKey();
		await upsertWindow(env, key, windowOf(key, { epoch: 0, n: 1 }, [section("total", 0, 1), section("cube", 0, 1)]));
		const [window] = await readAll(key, ["total"], { fields: ["stats"] });
		expect(window?.sections).toEqual([{ ...section("total", 0, 1), uniques: new Uint8Array(0) }]);
	});

	it("I7: another tenant's windows are not read, nor replaced", async () => {
		const [mine, theirs] = [someKey(), someKey()];
		await upsertWindow(env, mine, windowOf(mine, { epoch: 0, n: 5 }, [section("total", 0, 1)]));
		await upsertWindow(env, theirs, windowOf(theirs, { epoch: 0, n: 6 }, [section("total", 0, 2)]));
		expect((await stored(mine))?.sections).toEqual([section("total", 0, 1)]);
	});
});
