/** D1's windows: whole ones with a version, of which the higher wins (I4). */
import { and, eq, lt, sql } from "drizzle-orm";
import type { Field } from "../../durable-objects/rpc.ts";
import type { Window } from "../../schema/core/window.ts";
import { rollups } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import { type Section, type StoredWindow, sectionsBytes, type Version } from "../../schema/rollup.ts";
import { database, type StoreBindings } from "./db.ts";
import { fromHex } from "./hex.ts";

export type RollupGrain = "hour" | "day";

/** Names one window of one metric of one tenant. */
export interface RollupKey {
	tenant: TenantId;
	metric: string;
	grain: RollupGrain;
	bucket: number;
}

/**
 * D1 takes rows and strings of 2,000,000 bytes, and bytes travel as hex in JSON: a section above half of that, less its
 * names, cannot be stored. schema/core/section.ts cuts pages below this; it is checked here because local D1 does not.
 */
export const MAX_SECTION_BYTES = 994_000;
/** Rows of one statement, as text. */
const STATEMENT_CHARS = 1_990_000;

/** A batch is one request of hex in the memory of a 128 MB Worker. Only windows of many dense sketches need two. */
export const MAX_BATCH_BYTES = 4_000_000;

/** As the schema names them (schema/d1/tables.ts). Written out: drizzle takes longer to build a statement than D1 to run it. */
const COLUMNS = ["tenant", "metric", "grain", "bucket", "part", "page", "epoch", "n", "pages"] as const;
const BYTES = ["stats", "uniques", "quantiles"] as const satisfies readonly Field[];
const NAMES = [...COLUMNS, ...BYTES];

/** Rows as a JSON array of arrays, in the order of NAMES. Of two versions the higher stays. */
const UPSERT = `INSERT INTO rollups (${NAMES.join(", ")})
SELECT ${NAMES.map((_, i) => (i < COLUMNS.length ? `value ->> ${i}` : `unhex(value ->> ${i})`)).join(", ")}
FROM json_each(?) WHERE true
ON CONFLICT (tenant, metric, grain, bucket, part, page) DO UPDATE
SET ${["epoch", "n", "pages", ...BYTES].map((name) => `${name} = excluded.${name}`).join(", ")}
WHERE (excluded.epoch, excluded.n) > (rollups.epoch, rollups.n)`;

/**
 * Removes the rows that are older than the newest: pages and parts that a newer version no longer has, and pages that an
 * old message brought after a newer version that has fewer. Of windows, [tenant, metric, grain, bucket, null] each, or of
 * one part of a window, named in place of null.
 */
const DROP_OLDER = `DELETE FROM rollups WHERE rowid IN (
	SELECT r.rowid FROM json_each(?) AS w CROSS JOIN rollups AS r
	ON r.tenant = w.value ->> 0 AND r.metric = w.value ->> 1 AND r.grain = w.value ->> 2 AND r.bucket = w.value ->> 3
	AND r.part = coalesce(w.value ->> 4, r.part)
	WHERE (r.epoch, r.n) < (
		SELECT epoch, n FROM rollups AS newest
		WHERE newest.tenant = r.tenant AND newest.metric = r.metric AND newest.grain = r.grain AND newest.bucket = r.bucket
		AND newest.part = coalesce(w.value ->> 4, newest.part)
		ORDER BY epoch DESC, n DESC LIMIT 1
	)
)`;

/**
 * Stores windows, each unless a newer version is there: many in one transaction; a window above MAX_BATCH_BYTES takes one
 * for each few parts, so that a reader of one part never sees two versions mixed (readers ask part by part). They are
 * taken from `windows` as they are sent, so that not all of them need to be in memory.
 * Answers the rows that changed.
 * @throws RangeError where a section is too large to be a row: no retry helps.
 */
export async function upsertWindows(
	env: StoreBindings,
	windows: Iterable<readonly [RollupKey, StoredWindow]>,
): Promise<number> {
	let changed = 0;
	let batch = new Batch();
	const send = async () => {
		changed += await batch.send(env);
		batch = new Batch();
	};
	for (const [key, window] of windows) {
		const all = batches([...Map.groupBy(window.sections, (section) => section.part).values()]);
		for (const [i, parts] of all.entries()) {
			if (!batch.hasRoom(sectionsBytes(parts.flat()))) await send();
			for (const pages of parts) batch.add(key, window.version, pages);
			if (i === all.length - 1) batch.clean(key, null);
			else for (const [page] of parts) batch.clean(key, page?.part ?? null);
		}
	}
	await send();
	return changed;
}

/** A window that was computed, as `upsertWindows` takes it. */
export const toStore = (key: RollupKey, version: Version, window: Window): [RollupKey, StoredWindow] => [
	key,
	{ grain: key.grain, bucket: key.bucket, version, sections: window.toSections() },
];

export const upsertWindow = (env: StoreBindings, key: RollupKey, window: StoredWindow): Promise<number> =>
	upsertWindows(env, [[key, window]]);

/** Whole parts, gathered up to MAX_BATCH_BYTES. */
function batches(parts: Section[][]): Section[][][] {
	const out: Section[][][] = [];
	let room = 0;
	for (const part of parts) {
		const size = sectionsBytes(part);
		if (size > room || out.length === 0) {
			out.push([]);
			room = MAX_BATCH_BYTES;
		}
		out.at(-1)?.push(part);
		room -= size;
	}
	return out;
}

/** One transaction. */
class Batch {
	#bytes = 0;
	/** Rows of each statement, as JSON. */
	readonly #statements: string[][] = [];
	#chars = 0;
	readonly #cleaned: string[] = [];

	hasRoom(bytes: number): boolean {
		return this.#bytes === 0 || this.#bytes + bytes <= MAX_BATCH_BYTES;
	}

	/** The pages of a part. */
	add({ tenant, metric, grain, bucket }: RollupKey, { epoch, n }: Version, pages: readonly Section[]): void {
		for (const section of pages) {
			const { part, page } = section;
			const bytes = sectionsBytes([section]);
			if (bytes > MAX_SECTION_BYTES) throw new RangeError(`section ${part}/${page} has ${bytes} bytes`);
			const fields = BYTES.map((name) => section[name].toHex());
			this.#row(JSON.stringify([tenant, metric, grain, bucket, part, page, epoch, n, pages.length, ...fields]));
			this.#bytes += bytes;
		}
	}

	#row(row: string): void {
		const last = this.#statements.at(-1);
		if (last !== undefined && this.#chars + row.length < STATEMENT_CHARS) {
			last.push(row);
			this.#chars += row.length + 1;
		} else {
			this.#statements.push([row]);
			this.#chars = row.length + 1;
		}
	}

	/** Older rows of the window go, or of one part of it. */
	clean({ tenant, metric, grain, bucket }: RollupKey, part: string | null): void {
		this.#cleaned.push(JSON.stringify([tenant, metric, grain, bucket, part]));
	}

	/** Answers the rows that changed. */
	async send({ DB }: StoreBindings): Promise<number> {
		if (this.#cleaned.length === 0) return 0;
		const upserts = this.#statements.map((rows) => DB.prepare(UPSERT).bind(`[${rows.join()}]`));
		const cleaning = DB.prepare(DROP_OLDER).bind(`[${this.#cleaned.join()}]`);
		let changed = 0;
		for (const { meta } of await DB.batch([...upserts, cleaning])) changed += meta.changes;
		return changed;
	}
}

export interface RollupRead {
	tenant: TenantId;
	metric: string;
	grain: RollupGrain;
	/** [from, to), epoch ms; windows whose start lies in it. */
	from: number;
	to: number;
	parts: string[];
	/** Other columns come back empty. */
	fields: Field[];
}

/** What a reader holds at once, in bytes as stored; as hex text it is four times this while it is decoded. */
export const READ_BYTES = 4_000_000;

/** A row as `select` gives it. */
type Row = [
	bucket: number,
	part: string,
	page: number,
	pages: number,
	epoch: number,
	n: number,
	stats: string,
	uniques: string,
	quantiles: string,
	lastOfRange: number,
];

/**
 * The rows of a range up to READ_BYTES, whole buckets and one at least. `length` of a BLOB is in the row's header: nothing
 * is read to know it. Columns that are not asked for are not touched.
 */
function select(fields: readonly Field[]): string {
	const sizes = ["0", ...fields.map((field) => `length(${field})`)].join(" + ");
	const columns = BYTES.map((name) => (fields.includes(name) ? `hex(${name})` : "''"));
	const inRange = "tenant = ?1 AND metric = ?2 AND grain = ?3 AND bucket >= ?4 AND bucket < ?5";
	return `WITH parts AS (SELECT value FROM json_each(?6)),
sizes AS (SELECT bucket, sum(${sizes}) AS bytes FROM rollups WHERE ${inRange} AND part IN parts GROUP BY bucket),
sums AS (SELECT bucket, sum(bytes) OVER (ORDER BY bucket) AS bytes FROM sizes),
cut AS (SELECT coalesce((SELECT max(bucket) FROM sums WHERE bytes <= ${READ_BYTES}), (SELECT min(bucket) FROM sizes)) AS bucket)
SELECT bucket, part, page, pages, epoch, n, ${columns.join(", ")}, (SELECT max(bucket) FROM sizes)
FROM rollups WHERE ${inRange} AND bucket <= (SELECT bucket FROM cut) AND part IN parts
ORDER BY bucket, part, page`;
}

/**
 * The windows of a range, oldest first, a few at a time: 90 days of sketches are tens of megabytes, and a reader that
 * merges as it goes holds READ_BYTES of them. Sections of one window come together, in the order of part and page.
 */
export async function* readWindows(env: StoreBindings, read: RollupRead): AsyncGenerator<StoredWindow[]> {
	const { tenant, metric, grain, to, parts, fields } = read;
	const statement = env.DB.prepare(select(fields));
	for (let from = read.from; from < to; ) {
		const rows = await statement.bind(tenant, metric, grain, from, to, JSON.stringify(parts)).raw<Row>();
		const end = rows.at(-1);
		if (end === undefined) return;
		assertComplete(rows);
		yield windowsOf(grain, rows);
		const [bucket, last] = [end[0], end[9]];
		if (bucket === last) return;
		from = bucket + 1;
	}
}

function windowsOf(grain: RollupGrain, rows: readonly Row[]): StoredWindow[] {
	const windows = new Map<number, StoredWindow>();
	for (const [bucket, part, page, , epoch, n, stats, uniques, quantiles] of rows) {
		const window = windows.get(bucket) ?? { grain, bucket, version: { epoch, n }, sections: [] };
		windows.set(bucket, window);
		const bytes = { stats: fromHex(stats), uniques: fromHex(uniques), quantiles: fromHex(quantiles) };
		window.sections.push({ part, page, ...bytes });
	}
	return [...windows.values()];
}

/** Rows in the order of bucket, part and page. A part without one of its pages would be read as a smaller part. */
function assertComplete(rows: readonly Row[]): void {
	for (const [i, [bucket, part, page, pages]] of rows.entries()) {
		const before = rows[i - 1];
		const next = rows[i + 1];
		const first = before?.[0] !== bucket || before[1] !== part;
		const last = next?.[0] !== bucket || next[1] !== part;
		if (page === (first ? 0 : (before?.[2] ?? 0) + 1) && (!last || page + 1 === pages)) continue;
		throw new Error(`window ${bucket} lacks a page of ${part}`);
	}
}

/** Deletes up to `limit` rows of a grain older than `before`; answers how many. */
export async function deleteRollupsBefore(
	env: StoreBindings,
	grain: RollupGrain,
	before: number,
	limit: number,
): Promise<number> {
	const old = and(eq(rollups.grain, grain), lt(rollups.bucket, before));
	return deleteRows(env, sql`${old}`, limit);
}

/** Deletes up to `limit` rows of a tenant; answers how many. */
export const deleteRollupsOf = (env: StoreBindings, tenant: TenantId, limit: number): Promise<number> =>
	deleteRows(env, sql`${eq(rollups.tenant, tenant)}`, limit);

/** Deletes up to `limit` rows of a metric; answers how many. */
export const deleteRollupsOfMetric = (
	env: StoreBindings,
	tenant: TenantId,
	metric: string,
	limit: number,
): Promise<number> => deleteRows(env, sql`${and(eq(rollups.tenant, tenant), eq(rollups.metric, metric))}`, limit);

/** By rowid, because SQLite as D1 builds it has no DELETE … LIMIT. */
async function deleteRows(env: StoreBindings, where: ReturnType<typeof sql>, limit: number): Promise<number> {
	const result = await database(env).run(
		sql`DELETE FROM ${rollups} WHERE rowid IN (SELECT rowid FROM ${rollups} WHERE ${where} LIMIT ${limit})`,
	);
	return result.meta.changes;
}
