/**
 * The live funnels of a log: one automaton a definition, fed with every table that is journaled, and what they changed.
 * A definition is not counted until it was seeded with what came before it (`Log.seedFunnel`); from then on its
 * differences, and the windows made of what came before, add up to what a funnel asked later answers.
 */
import { tableBatch } from "../../schema/archive/table-batch.ts";
import { encodeTable } from "../../schema/core/columns.ts";
import { LiveFunnel, type LiveFunnelRules, type Period } from "../../schema/core/funnel-live.ts";
import { FunnelFeed, liveRules } from "../../schema/core/scan/live.ts";
import type { NumberColumn, Numbers, TextColumn, VisitorRows } from "../../schema/core/scan/rows.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { type EventTable, FUNNEL_LAYOUT, type FunnelRow } from "../../schema/event.ts";
import { type FunnelConfig, funnelWindows, type TenantConfig } from "../../schema/metric.ts";
import { HOUR_MS } from "./dedupe.ts";

/** Events and attempts that all funnels of a log keep together (I8): some 800 bytes each, beside 40 MB of sessions. */
const MAX_KEPT = 40_000;
/** Rows a table holds: with the funnels' names far below what a journal row can. */
const TABLE_ROWS = 4096;
const MINUTE_MS = 60_000;
/** Later events are not windowed at all (architecture: "Dedupe"); and an hour for clocks that differ. */
const HORIZON_MS = 49 * HOUR_MS;
/** Days that are at hand: an attempt lasts at most a week. */
const MAX_DAYS = 32;
const NONE: FunnelConfig[] = [];

export type FunnelSettings = Pick<TenantConfig, "funnels">;

/** A live funnel as it is stored. */
export interface StoredFunnel {
	config: FunnelConfig;
	/** IANA zone of its days. */
	zone: string;
	/** The journal offset after which it counts: what is before was in what it was seeded with. */
	since: number;
	/** The journal offset up to which the pages have all events. */
	at: number;
	pages: Uint8Array[];
}

/** A site's day: a visitor has one result for each. */
export function funnelRules(config: FunnelConfig, zone: string, maxEvents: number): LiveFunnelRules {
	return liveRules(config, { period: daysOf(zone), horizonMs: HORIZON_MS, maxEvents });
}

/** One object for each day: every attempt that is kept has its own. */
function daysOf(name: string): (t: number) => Period {
	const zone = zoneOf(name);
	const days = new Map<number, Period>();
	return (t) => {
		const from = zone.startOf("day", t);
		const known = days.get(from);
		if (known !== undefined) return known;
		if (days.size >= MAX_DAYS) days.clear();
		const day = { from, to: zone.next("day", from) };
		days.set(from, day);
		return day;
	};
}

/** What one of so many funnels may keep. */
export const keptBy = (funnels: number): number => Math.floor(MAX_KEPT / Math.max(1, funnels));

interface Live extends Omit<StoredFunnel, "pages"> {
	feed: FunnelFeed;
	rules: LiveFunnelRules;
	funnel: LiveFunnel;
}

export class Funnels {
	/** By the metric of their windows. */
	readonly #live = new Map<string, Live>();
	#configured: readonly FunnelConfig[] = NONE;

	/** The journal offset after which a funnel counts, or null where it was not seeded. */
	since(config: FunnelConfig): number | null {
		return this.#live.get(funnelWindows(config))?.since ?? null;
	}

	/** By the metric of their windows: the journal offset after which each counts. */
	status(): Record<string, number> {
		return Object.fromEntries(Array.from(this.#live, ([metric, { since }]) => [metric, since]));
	}

	/** Takes in a table that will be journaled in a row of these definitions. */
	take(table: EventTable, { funnels = NONE }: FunnelSettings): void {
		if (funnels !== this.#configured) this.#configure(funnels, Number.POSITIVE_INFINITY);
		if (this.#live.size > 0) feedAll(this.#live.values(), table);
	}

	/** Takes in the tables of a row that was journaled by these definitions: the same changes as when it was. */
	replay(tables: readonly EventTable[], { funnels = NONE }: FunnelSettings, offset: number): void {
		if (funnels !== this.#configured) this.#configure(funnels, offset);
		const behind = [...this.#live.values()].filter(({ at }) => at < offset);
		for (const table of tables) feedAll(behind, table);
		for (const { funnel } of behind) drainInto([], "", funnel);
	}

	/**
	 * A funnel of these definitions begins with what its automaton had at the offset `since`, in pages (none: nothing),
	 * and takes in the tables that were journaled since.
	 */
	seed(
		config: FunnelConfig,
		{ funnels = NONE, zone }: FunnelSettings & Pick<TenantConfig, "zone">,
		since: number,
		pages: Uint8Array[],
		tables: Iterable<EventTable>,
	): void {
		this.#configure(funnels, Number.POSITIVE_INFINITY);
		const live = this.#add({ config, zone, since, at: since, pages }, keptBy(funnels.length));
		for (const table of tables) feedAll([live], table);
	}

	/** What changed since the last call, encoded: tables that each fit a journal row. */
	tables(): Uint8Array[] {
		const rows: FunnelRow[] = [];
		for (const [metric, { funnel }] of this.#live) drainInto(rows, metric, funnel);
		const tables: Uint8Array[] = [];
		for (let at = 0; at < rows.length; at += TABLE_ROWS)
			tables.push(encodeTable(FUNNEL_LAYOUT, rows.slice(at, at + TABLE_ROWS)));
		return tables;
	}

	/** Drops what is held of a visitor, who asked for it. */
	forget(hi: number, lo: number): void {
		for (const { funnel } of this.#live.values()) funnel.forget(hi, lo);
	}

	/** As of a journal offset; after the differences up to it were taken. `only`: of that one. */
	encode(pageBytes: number, at: number, only: FunnelConfig | null = null): StoredFunnel[] {
		const wanted = [...this.#live.values()].filter(({ config }) => only === null || config === only);
		return wanted.map(({ config, zone, since, funnel }) => {
			return { config, zone, since, at, pages: funnel.encode(pageBytes) };
		});
	}

	static decode(stored: readonly StoredFunnel[], { funnels = NONE }: Partial<FunnelSettings>): Funnels {
		const all = new Funnels();
		for (const each of stored) all.#add(each, keptBy(funnels.length));
		return all;
	}

	#add({ pages, ...stored }: StoredFunnel, maxEvents: number): Live {
		const rules = funnelRules(stored.config, stored.zone, maxEvents);
		const live = { ...stored, feed: new FunnelFeed(stored.config), rules, funnel: LiveFunnel.decode(rules, pages) };
		this.#live.set(funnelWindows(stored.config), live);
		return live;
	}

	/** From the row at `offset` on. Funnels that are no longer defined end; the others share the room. */
	#configure(funnels: readonly FunnelConfig[], offset: number): void {
		this.#configured = funnels;
		const wanted = new Set(funnels.map(funnelWindows));
		for (const [metric, { rules, at }] of this.#live) {
			if (at >= offset) continue; // It was seeded later than that: these definitions say nothing of it.
			if (wanted.has(metric)) rules.maxEvents = keptBy(funnels.length);
			else this.#live.delete(metric);
		}
	}
}

function feedAll(all: Iterable<Live>, table: EventTable): void {
	const rows = new TableRows(table);
	const texts = new Set(table.strings);
	let receivedAt = 0;
	for (const t of table.columns.received_at) if (t > receivedAt) receivedAt = t;
	for (const { feed, funnel } of all) {
		funnel.tick(receivedAt);
		if (feed.names?.some((name) => texts.has(name)) ?? true) feed.add(funnel, rows, false);
	}
}

/** Visitors that changed alike are one row; what was taken back and came again is none. */
function drainInto(rows: FunnelRow[], metric: string, funnel: LiveFunnel): void {
	const levels: Map<number, number>[] = [];
	const add = (level: number, t: number, count: number) => {
		levels[level] ??= new Map();
		const minutes = levels[level];
		const start = Math.floor(t / MINUTE_MS) * MINUTE_MS;
		minutes.set(start, (minutes.get(start) ?? 0) + count);
	};
	funnel.drain((_hi, _lo, { level, startedAt }, sign) => add(level, startedAt, sign));
	for (const [minute, count] of funnel.takeLost()) add(0, minute, count);
	for (const [level, minutes] of levels.entries())
		for (const [start, count] of minutes ?? []) if (count !== 0) rows.push({ start, count, level, metric });
}

/** A table as matching reads it. Its rows are of many visitors, in the order of arrival. */
class TableRows implements VisitorRows {
	readonly rows: number;
	readonly starts: Uint32Array;
	readonly #table: EventTable;
	readonly #texts = new Map<string, TextColumn>();

	constructor(table: EventTable) {
		this.rows = table.rows;
		this.starts = Uint32Array.of(0, table.rows);
		this.#table = table;
	}

	number(name: NumberColumn): Numbers {
		return this.#table.columns[name];
	}

	text(field: string): TextColumn {
		let column = this.#texts.get(field);
		if (column === undefined) {
			column = tableBatch(this.#table, [], [field]).texts[field] as TextColumn;
			this.#texts.set(field, column);
		}
		return column;
	}
}
