/** A month of made-up events in the archive: segments by the code that seals them, on R2 and beside it as files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { eventRow, tableOf } from "../../schema/archive/testing.ts";
import { type SegmentSource, writeSegment } from "../../schema/archive/write.ts";
import { hash64 } from "../../schema/core/hash.ts";
import type { EventRow } from "../../schema/event.ts";
import { partitionOf, segmentKey, slotOf, tenantId } from "../../schema/ids.ts";
import { randomFrom } from "../../scripts/traffic/random.ts";

const DAY_MS = 86_400_000;
const PARTITIONS = 4;
/** Rows of a journal table. */
const TABLE_ROWS = 1_000;
const COUNTRIES = ["DE", "FR", "US", "GB", "ES", "IT", "PL", "NL", "SE", "BR", "IN", "JP"];
const BROWSERS = ["Chrome", "Safari", "Firefox", "Edge"];
const DEVICES = ["desktop", "mobile", "tablet"];
const CHANNELS = ["direct", "search", "social", "referral", "campaign"];
const PLANS = ["free", "pro", "team"];

export interface Prepared {
	/** Start of the first day and end of the last, epoch ms, both midnights UTC. */
	from: number;
	to: number;
	rows: number;
	segments: number;
	bytes: number;
}

interface Person {
	hi: number;
	lo: number;
	slot: number;
	row: Partial<EventRow>;
}

export async function prepareArchive(
	miniflare: Miniflare,
	site: string,
	options: { rows: number; days: number; folder: string },
): Promise<Prepared> {
	const { rows, days, folder } = options;
	mkdirSync(folder, { recursive: true });
	const bucket = await miniflare.getR2Bucket("ARCHIVE", "nowcast");
	const db = await miniflare.getD1Database("DB", "nowcast");
	const to = Math.floor(Date.now() / DAY_MS) * DAY_MS;
	const from = to - days * DAY_MS;
	const next = randomFrom(7);
	const people = peopleOf(Math.max(100, Math.floor(rows / 50)), next);
	const each = Math.floor(rows / days / PARTITIONS);
	const tenant = tenantId(site);
	let bytes = 0;
	for (let day = 0; day < days; day++) {
		const start = from + day * DAY_MS;
		const name = new Date(start).toISOString().slice(0, 10);
		for (let partition = 0; partition < PARTITIONS; partition++) {
			const sources = sourcesOf(people[partition] as Person[], start, each, `${day}-${partition}`, next);
			const segment = writeSegment(sources, ["plan"]);
			const key = segmentKey(tenant, name, partition, "i-bench-0");
			await bucket.put(key, segment.bytes);
			writeFileSync(join(folder, `${day}-${partition}.parquet`), segment.bytes);
			const { stats } = segment;
			await db
				.prepare(
					`INSERT INTO archive_segments (key, tenant, partition, day, after_offset, last_offset, rows, bytes,
					min_ts, max_ts, min_slot, max_slot, names, props, source, created_at)
					VALUES (?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, '["plan"]', 'import', ?)`,
				)
				.bind(
					key,
					site,
					partition,
					name,
					stats.rows,
					segment.bytes.length,
					stats.minTs,
					stats.maxTs,
					stats.minSlot,
					stats.maxSlot,
					JSON.stringify(stats.names),
					start,
				)
				.run();
			bytes += segment.bytes.length;
		}
	}
	return { from, to, rows: each * days * PARTITIONS, segments: days * PARTITIONS, bytes };
}

/** Visitors by partition, the busiest first. */
function peopleOf(count: number, next: () => number): Person[][] {
	const people: Person[][] = Array.from({ length: PARTITIONS }, () => []);
	const pick = <T>(list: readonly T[]) => list[Math.floor(next() ** 1.5 * list.length)] as T;
	for (let i = 0; i < count; i++) {
		const { hi, lo } = hash64(`visitor-${i}`);
		const slot = slotOf(hi);
		const row = {
			visitor_hi: hi,
			visitor_lo: lo,
			slot,
			country: pick(COUNTRIES),
			device: pick(DEVICES),
			browser: pick(BROWSERS),
			os: pick(["Windows", "iOS", "Android", "macOS"]),
			channel: pick(CHANNELS),
			host: "shop.example",
			lang: "en",
			screen: "1440x900",
		};
		people[partitionOf(slot, PARTITIONS)]?.push({ hi, lo, slot, row });
	}
	return people;
}

/** A partition's day, in the order of time. */
function sourcesOf(
	people: readonly Person[],
	start: number,
	count: number,
	run: string,
	next: () => number,
): SegmentSource[] {
	const sources: SegmentSource[] = [];
	for (let at = 0; at < count; at += TABLE_ROWS) {
		const rows: EventRow[] = [];
		for (let i = at; i < Math.min(count, at + TABLE_ROWS); i++) {
			const person = people[Math.floor(next() ** 1.5 * people.length)] as Person;
			rows.push(rowOf(person, Math.floor(start + (i / count) * DAY_MS), `${run}-${i}`, next));
		}
		sources.push({ table: tableOf(rows), offset: sources.length + 1 });
	}
	return sources;
}

function rowOf({ row }: Person, ts: number, id: string, next: () => number): EventRow {
	const dice = next();
	const name = dice < 0.7 ? "pageview" : dice < 0.85 ? "click" : dice < 0.95 ? "add_to_cart" : "purchase";
	const plan = PLANS[Math.floor(next() * 3)] as string;
	return eventRow({
		...row,
		id,
		ts,
		received_at: ts + Math.floor(next() * 900),
		name,
		path: `/p/${Math.floor(500 ** next())}`,
		...(name === "purchase" ? { value: Math.floor(next() * 10_000) / 100, currency: "EUR" } : {}),
		props: `{"plan":"${plan}","position":${Math.floor(next() * 10)}}`,
	});
}
