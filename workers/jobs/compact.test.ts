import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clock } from "../../durable-objects/log/object.ts";
import { append, event, someTenant } from "../../durable-objects/log/testing.ts";
import { logStub } from "../../durable-objects/stubs.ts";
import { archivePrefix, type TenantId } from "../../schema/ids.ts";
import { openSegment } from "../query/scan/r2.ts";
import { REPLACED_MS, retainArchive } from "../rollup/retention.ts";
import { sweepMerged } from "../store/archive.ts";
import { snapshot } from "../store/segments.ts";
import { insertSite } from "../store/sites.ts";
import { objectsOf, scanned } from "../store/test-archive.ts";
import { compact, compactSome } from "./compact.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 9, 10, 12);
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

let now = NOON;
beforeEach(() => {
	now = NOON;
	clock.now = () => now;
	vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
	clock.now = () => Date.now();
	vi.restoreAllMocks();
});

/** A site with a segment of each of these lists of ids, committed now. */
async function siteWith(...segments: string[][]): Promise<TenantId> {
	const tenant = await someTenant(env, ["plan"]);
	const site = {
		name: "a site",
		zone: "UTC",
		weekStart: "monday",
		origins: [],
		dimensions: ["plan"],
		partitions: 1,
	} as const;
	await insertSite(env, { ...site, origins: [], dimensions: ["plan"], id: tenant, retentionDays: 90, createdAt: now });
	for (const ids of segments) await sealed(tenant, ids);
	return tenant;
}

async function sealed(tenant: TenantId, ids: readonly string[]): Promise<void> {
	const rows = ids.map((id) => event(`v${id}`, now, { id, props: `{"plan":"p${id}","n":${now % 7}}` }));
	await append(env, tenant, rows);
	now += 1000;
	await logStub(env, tenant, 0).seal();
}

const segmentsOf = async (tenant: TenantId) => (await snapshot(env, tenant, null)).segments;
const group = (tenant: TenantId) => ({ tenant, partition: 0, day: dayOf(NOON) });
const archived = async (tenant: TenantId) => (await scanned(env, tenant)).archived;

describe("compaction", () => {
	it("makes one segment of a closed day's, with the same events, and says so in the catalogue", async () => {
		const tenant = await siteWith(["b", "a"], ["c"], ["d", "e"]);
		const before = await segmentsOf(tenant);
		const { sealed: offsets } = await snapshot(env, tenant, null);
		await compact(env, NOON + DAY);
		const [row, ...others] = await segmentsOf(tenant);
		expect(others).toEqual([]);
		expect(row).toMatchObject({
			tenant,
			partition: 0,
			day: dayOf(NOON),
			afterOffset: 0,
			lastOffset: 3,
			rows: 5,
			minTs: NOON,
			maxTs: NOON + 2000,
			names: ["pageview"],
			props: ["plan"],
			source: "compaction",
			createdAt: NOON + DAY,
			minSlot: Math.min(...before.map(({ minSlot }) => minSlot)),
			maxSlot: Math.max(...before.map(({ maxSlot }) => maxSlot)),
			bytes: (await env.ARCHIVE.head(row?.key ?? ""))?.size,
		});
		expect(row?.key).toMatch(/\/segments\/2026-10-10\/00\/c-0-3-[0-9a-f]{16}\.0\.parquet$/);
		expect(await archived(tenant)).toEqual(["a", "b", "c", "d", "e"]);
		expect((await snapshot(env, tenant, null)).sealed).toEqual(offsets);
		const segment = await openSegment(env.ARCHIVE, row ?? { key: "", bytes: 0, createdAt: 0 });
		const { values } = (await segment.read(0, [], ["props.plan"])).texts["props.plan"] ?? { values: [] };
		expect([...values].sort()).toEqual(["", "pa", "pb", "pc", "pd", "pe"]);
	});

	it("leaves a day alone until it is over for two hours, and what is one segment already", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		const midnight = Date.UTC(2026, 9, 11);
		await compact(env, midnight + 2 * HOUR - 1);
		expect(await segmentsOf(tenant)).toHaveLength(2);
		await compact(env, midnight + 2 * HOUR);
		const compacted = await segmentsOf(tenant);
		expect(compacted).toHaveLength(1);
		await compact(env, midnight + 3 * HOUR);
		expect(await segmentsOf(tenant)).toEqual(compacted);
	});

	it("takes in what comes to a compacted day later, and old days once an hour", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		await compact(env, NOON + DAY);
		await sealed(tenant, ["c"]);
		await compact(env, NOON + 30 * DAY + 60_000);
		expect(await segmentsOf(tenant)).toHaveLength(2);
		await compact(env, NOON + 30 * DAY);
		expect(await segmentsOf(tenant)).toHaveLength(1);
		expect(await archived(tenant)).toEqual(["a", "b", "c"]);
	});

	it("I8: merges a bounded number at a time, and ends", async () => {
		const tenant = await siteWith(...Array.from({ length: 35 }, (_, i) => [`i${i}`]));
		expect(await compactSome(env, group(tenant), NOON + DAY)).toBe(32);
		expect(await segmentsOf(tenant)).toHaveLength(4);
		expect(await compactSome(env, group(tenant), NOON + DAY)).toBe(35);
		expect(await compactSome(env, group(tenant), NOON + DAY)).toBe(0);
		expect(await archived(tenant)).toHaveLength(35);
	});

	it("one day that cannot be read does not hold up the others", async () => {
		const [broken, fine] = [await siteWith(["a"], ["b"]), await siteWith(["a"], ["b"])];
		const [first] = await segmentsOf(broken);
		await env.ARCHIVE.delete(first?.key ?? "");
		await compact(env, NOON + DAY);
		expect(await segmentsOf(broken)).toHaveLength(2);
		expect(await segmentsOf(fine)).toHaveLength(1);
		await env.DB.prepare("DELETE FROM archive_segments WHERE tenant = ?").bind(broken).run();
	});

	it("leaves sites that are being deleted alone", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		await env.DB.prepare("UPDATE sites SET deleted_at = 1 WHERE id = ?").bind(tenant).run();
		await compact(env, NOON + DAY);
		expect(await segmentsOf(tenant)).toHaveLength(2);
	});
});

type Db = Pick<D1Database, "prepare" | "batch">;
/** The bindings, with a `batch` (the swap is the only one) that fails, before or after it is done. */
function withSwap(swap: (real: () => Promise<unknown>) => Promise<unknown>) {
	const db: Db = {
		prepare: (query) => env.DB.prepare(query),
		batch: <T>(statements: D1PreparedStatement[]) => swap(() => env.DB.batch<T>(statements)) as Promise<D1Result<T>[]>,
	};
	return { ARCHIVE: env.ARCHIVE, DB: db as D1Database };
}

describe("I2: compaction that goes wrong", () => {
	it("before the swap leaves objects that nobody sees, and the next try makes the same", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		const before = await segmentsOf(tenant);
		const down = withSwap(() => Promise.reject(new Error("D1 is down")));
		await expect(compactSome(down, group(tenant), NOON + DAY)).rejects.toThrow("D1 is down");
		expect(await segmentsOf(tenant)).toEqual(before);
		expect(await archived(tenant)).toEqual(["a", "b"]);
		const written = await objectsOf(env, tenant);
		expect(written).toHaveLength(3);
		await compactSome(env, group(tenant), NOON + DAY);
		expect(await objectsOf(env, tenant)).toEqual(written);
		expect(await archived(tenant)).toEqual(["a", "b"]);
	});

	it("before the swap, and then merges others too: what nobody can swap in any more is deleted", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		const down = withSwap(() => Promise.reject(new Error("D1 is down")));
		await expect(compactSome(down, group(tenant), NOON + DAY)).rejects.toThrow("D1 is down");
		const written = await objectsOf(env, tenant);
		await sweepMerged(env, archivePrefix(tenant));
		expect(await objectsOf(env, tenant)).toEqual(written);
		await sealed(tenant, ["c"]);
		await compactSome(env, group(tenant), NOON + DAY);
		const { results } = await env.DB.prepare("SELECT key FROM archive_segments WHERE tenant = ? ORDER BY key")
			.bind(tenant)
			.all();
		expect((await objectsOf(env, tenant)).map((key) => ({ key }))).toEqual(results);
		expect(await archived(tenant)).toEqual(["a", "b", "c"]);
	});

	it("after the swap, with the answer lost, changes nothing more", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		const lost = withSwap(async (real) => {
			await real();
			throw new Error("the answer was lost");
		});
		await expect(compactSome(lost, group(tenant), NOON + DAY)).rejects.toThrow("lost");
		const compacted = await segmentsOf(tenant);
		expect(compacted).toHaveLength(1);
		expect(await compactSome(env, group(tenant), NOON + DAY)).toBe(0);
		expect(await archived(tenant)).toEqual(["a", "b"]);
	});

	it("at the same time as another of the same segments: both leave one result, and its object", async () => {
		const tenant = await siteWith(["a"], ["b"], ["c"]);
		await Promise.all([1, 2, 3].map(() => compactSome(env, group(tenant), NOON + DAY)));
		expect(await segmentsOf(tenant)).toHaveLength(1);
		expect(await archived(tenant)).toEqual(["a", "b", "c"]);
	});

	it("where another took one of its segments meanwhile throws away what it made", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		const slow = withSwap(async (real) => {
			await sealed(tenant, ["c"]);
			await compactSome(env, group(tenant), NOON + DAY);
			return real();
		});
		await compactSome(slow, group(tenant), NOON + DAY);
		expect(await segmentsOf(tenant)).toHaveLength(1);
		expect(await archived(tenant)).toEqual(["a", "b", "c"]);
		expect(await objectsOf(env, tenant)).toHaveLength(4); // three of the log, one of the faster compaction
	});
});

describe("what was replaced", () => {
	it("stays until no scan can be reading it, then its object goes, then its row", async () => {
		const tenant = await siteWith(["a"], ["b"]);
		const old = await segmentsOf(tenant);
		await compact(env, NOON + DAY);
		await retainArchive(env, NOON + DAY + REPLACED_MS);
		for (const row of old) expect(await env.ARCHIVE.head(row.key)).not.toBeNull();
		const down = { ...env, ARCHIVE: { delete: () => Promise.reject(new Error("R2 is down")) } as unknown as R2Bucket };
		const late = NOON + DAY + REPLACED_MS + 1;
		await expect(retainArchive(down, late)).rejects.toThrow("R2 is down");
		await retainArchive(env, late);
		const rows = await segmentsOf(tenant);
		expect(await objectsOf(env, tenant)).toEqual(rows.map(({ key }) => key));
		const left = await env.DB.prepare("SELECT key FROM archive_segments WHERE tenant = ?").bind(tenant).all();
		expect(left.results).toEqual(rows.map(({ key }) => ({ key })));
		expect(await archived(tenant)).toEqual(["a", "b"]);
	});
});

describe("retention", () => {
	it("drops segments whose newest event is older than the site keeps, and goes on sealing after them", async () => {
		const [short, long] = [await siteWith(["a"]), await siteWith(["a"])];
		await env.DB.prepare("UPDATE sites SET retention_days = 7 WHERE id = ?").bind(short).run();
		await retainArchive(env, NOON + 7 * DAY);
		expect(await segmentsOf(short)).toHaveLength(1);
		const gone = NOON + 7 * DAY + 1;
		await retainArchive(env, gone);
		expect([await segmentsOf(short), await segmentsOf(long)].map((rows) => rows.length)).toEqual([0, 1]);
		expect(await objectsOf(env, short)).toHaveLength(1);
		await retainArchive(env, gone + REPLACED_MS + 1);
		expect(await objectsOf(env, short)).toEqual([]);
		expect((await snapshot(env, short, null)).sealed).toEqual(new Map([[0, 1]]));
		now = gone;
		await sealed(short, ["b"]);
		expect(await scanned(env, short)).toEqual({ archived: ["b"], tail: [], retries: 0 });
		await retainArchive(env, NOON + 91 * DAY);
		expect(await segmentsOf(long)).toEqual([]);
	});
});
