/** Journal tables of made-up events, for tests and benchmarks. Seeded: the same options give the same bytes. */
import { decodeTable, encodeTable } from "../core/columns.ts";
import { hash64 } from "../core/hash.ts";
import type { Batch, NumberColumn } from "../core/scan/rows.ts";
import { EVENT_LAYOUT, type EventRow, type EventTable, FLAG } from "../event.ts";
import { slotOf } from "../ids.ts";
import { EVENT_TEXTS, type EventText } from "./columns.ts";
import { parseProps } from "./props.ts";
import { type RangeSource, Segment } from "./read.ts";
import type { SegmentSource } from "./write.ts";

export const DAY = Date.UTC(2026, 10, 1);
const DAY_MS = 86_400_000;
/** Events of one journal row. */
const TABLE_ROWS = 400;

export function tableOf(rows: readonly EventRow[]): EventTable {
	return decodeTable(EVENT_LAYOUT, encodeTable(EVENT_LAYOUT, rows));
}

/** One table a journal row, offsets from 1. */
export function sourcesOf(rows: readonly EventRow[], tableRows = TABLE_ROWS, firstOffset = 1): SegmentSource[] {
	const sources: SegmentSource[] = [];
	for (let at = 0; at < rows.length; at += tableRows) {
		sources.push({ table: tableOf(rows.slice(at, at + tableRows)), offset: firstOffset + sources.length });
	}
	return sources;
}

/** A segment's bytes as a store gives them; `ranges` notes what was read. */
export function memorySource(bytes: Uint8Array): RangeSource & { ranges: [number, number][] } {
	const ranges: [number, number][] = [];
	return {
		size: bytes.length,
		ranges,
		read: async (start, end) => {
			ranges.push([start, end]);
			return bytes.slice(start, end).buffer;
		},
	};
}

/** A small, fast generator of even numbers: mulberry32. */
export function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A row as it is compared: every column that a segment keeps, missing texts as "", props as sorted entries. */
export type ComparableRow = Record<string, unknown>;

export function comparable(row: EventRow): ComparableRow {
	const out: ComparableRow = {};
	for (const name of NUMBERS) out[name] = row[name];
	for (const name of TEXTS)
		out[name] = name === "props" ? entriesOf(row.props ?? "") : (row[name] ?? "").toWellFormed();
	return out;
}

function entriesOf(json: string): unknown {
	const props = parseProps(json);
	return props === null ? json : Object.entries(props).sort(([a], [b]) => (a < b ? -1 : 1));
}

export const NUMBERS = [
	"ts",
	"received_at",
	"value",
	"visitor_hi",
	"visitor_lo",
	"id_hi",
	"id_lo",
	"slot",
	"flags",
] as const satisfies NumberColumn[];
export const TEXTS = [...EVENT_TEXTS] as EventText[];

export function comparableBatch({ rows, numbers, texts }: Batch): ComparableRow[] {
	return Array.from({ length: rows }, (_, i) => {
		const out: ComparableRow = {};
		for (const name of NUMBERS) out[name] = numbers[name]?.[i];
		for (const name of TEXTS) {
			const text = texts[name];
			const value = text?.values[text.index[i] as number] as string;
			out[name] = name === "props" ? entriesOf(value) : value;
		}
		return out;
	});
}

/** Text as other readers give it: they drop a byte order mark, which ours keeps. */
export const withoutMark = (text = "") => text.toWellFormed().replace(/^\ufeff/, "");

/** All rows of a segment, in its order. */
export async function readAll(segment: Segment): Promise<ComparableRow[]> {
	const rows: ComparableRow[] = [];
	for (let group = 0; group < segment.groups.length; group++) {
		rows.push(...comparableBatch(await segment.read(group, NUMBERS, TEXTS)));
	}
	return rows;
}

/** The order of a segment, said the simple way: sorts are stable, and rows come in the order of their arrival. */
export const inOrder = (rows: readonly EventRow[]) =>
	[...rows].sort(
		(a, b) => a.slot - b.slot || a.visitor_hi - b.visitor_hi || a.visitor_lo - b.visitor_lo || a.ts - b.ts,
	);

export const openBytes = (bytes: Uint8Array) => Segment.open(memorySource(bytes));

const COUNTRIES = ["DE", "FR", "US", "GB", "ES", "IT", "PL", "NL", "SE", "BR", "IN", "JP"];
const BROWSERS = ["Chrome", "Safari", "Firefox", "Edge", "Samsung Internet"];
const SYSTEMS = ["Windows", "macOS", "iOS", "Android", "Linux"];
const PLANS = ["free", "pro", "team"];

export interface EventOptions {
	seed?: number;
	rows: number;
	/** Events of a visitor, on average. */
	eventsPerVisitor?: number;
	/** First event time, epoch ms, and how long they go on. */
	from?: number;
	spanMs?: number;
	/** Prefix of event ids. */
	run?: string;
}

/** Events as the log journals them, in the order of their arrival: page views, clicks, and purchases with a value. */
export function events(options: EventOptions): EventRow[] {
	const { seed = 1, rows, eventsPerVisitor = 12, from = DAY, spanMs = DAY_MS, run = "run" } = options;
	const next = random(seed);
	const pick = <T>(list: readonly T[]) => list[Math.floor(next() ** 2 * list.length)] as T;
	const visitors = Math.max(1, Math.round(rows / eventsPerVisitor));
	return Array.from({ length: rows }, (_, i) => {
		const number = Math.floor(next() * visitors);
		const person = random(number * 7919 + 17);
		const of = <T>(list: readonly T[]) => list[Math.floor(person() * list.length)] as T;
		const ts = Math.floor(from + (i / rows) * spanMs);
		const path = `/${pick(["shop", "blog", "docs", "help"])}/${Math.floor(next() ** 3 * 500)}`;
		const name = next() < 0.7 ? "pageview" : pick(["click", "signup", "purchase", "search"]);
		const price = Math.round(next() * 10_000) / 100;
		return eventRow({
			id: `${run}-${seed}-${i.toString(36).padStart(8, "0")}`,
			visitor: `visitor ${number}`,
			ts,
			received_at: ts + Math.floor(next() * 2000),
			name,
			path,
			title: `Page ${path}`,
			host: "shop.example",
			session_id: `s-${number}-${Math.floor(ts / 1_800_000)}`,
			country: of(COUNTRIES),
			region: of(COUNTRIES),
			city: `City ${Math.floor(person() * 300)}`,
			browser: of(BROWSERS),
			browser_version: `${100 + Math.floor(person() * 30)}`,
			os: of(SYSTEMS),
			device: of(["desktop", "mobile", "tablet"]),
			screen: of(["1920x1080", "390x844", "1440x900"]),
			lang: of(["de", "fr", "en-US", "en-GB"]),
			channel: of(["Direct", "Search", "Social", "Email"]),
			referrer: of([undefined, "google.com", "news.example"]),
			utm_source: of([undefined, undefined, undefined, "newsletter"]),
			...(name === "purchase" ? { value: price, currency: "EUR" } : {}),
			...(name === "pageview" && next() < 0.8
				? {}
				: { props: JSON.stringify({ plan: of(PLANS), price, step: Math.floor(next() * 5) }) }),
		});
	});
}

/** An event row out of what matters; ids and visitors are hashed as the edge does. */
export function eventRow(event: Partial<EventRow> & { id: string; visitor?: string }): EventRow {
	const { visitor = "visitor", ...given } = event;
	const id = hash64(given.id ?? "");
	const { hi, lo } = hash64(visitor);
	return {
		ts: DAY,
		received_at: DAY,
		value: Number.NaN,
		id_hi: id.hi,
		id_lo: id.lo,
		visitor_hi: hi,
		visitor_lo: lo,
		yesterday_hi: 0,
		yesterday_lo: 0,
		slot: slotOf(given.visitor_hi ?? hi),
		flags: given.name === "pageview" ? FLAG.passive : 0,
		...EMPTY,
		...given,
	};
}

const EMPTY = {
	id: undefined,
	name: undefined,
	user_id: undefined,
	session_id: undefined,
	host: undefined,
	path: undefined,
	search: undefined,
	title: undefined,
	referrer: undefined,
	referrer_url: undefined,
	channel: undefined,
	utm_source: undefined,
	utm_medium: undefined,
	utm_campaign: undefined,
	utm_term: undefined,
	utm_content: undefined,
	country: undefined,
	region: undefined,
	city: undefined,
	browser: undefined,
	browser_version: undefined,
	os: undefined,
	device: undefined,
	screen: undefined,
	lang: undefined,
	currency: undefined,
	props: undefined,
};
