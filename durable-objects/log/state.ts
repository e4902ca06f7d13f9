/** What a log knows besides its journal, pure: seen ids and sessions, and what a batch makes of them. */
import { decodeTable, encodeTable, rowAt } from "../../schema/core/columns.ts";
import { cutValues } from "../../schema/core/label.ts";
import { type Dims, Sessions } from "../../schema/core/session.ts";
import { EVENT_LAYOUT, type EventTable, FLAG, PAGEVIEW, SESSION_LAYOUT, type SessionRow } from "../../schema/event.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { CODE } from "../rpc.ts";
import { HOUR_MS, ID_PERIOD_MS, RecentIds, UnsavedIds } from "./dedupe.ts";
import { DeclaredValues } from "./fold.ts";
import { type FunnelSettings, Funnels } from "./funnels.ts";
import type { Counts } from "./journal.ts";
import type { SoughtId } from "./store.ts";

/** Longest dedupe horizon, ms (architecture: "Dedupe"). */
export const MAX_HORIZON_MS = 48 * HOUR_MS;
/** How much a retry may seem older than its first attempt was received: the two took different times to get here. */
const RETRY_SKEW_MS = 2 * 60_000;
/** Sessions held: about 400 bytes each. Past it (I8) an event that would open another is marked FLAG.apart. */
const MAX_SESSIONS = 100_000;
/** Rows a session table holds: far below what its string dictionary can index. */
const SESSION_ROWS = 4096;
/** Characters of dimensions in a session table: in JSON one takes at most 6 bytes, and a row has 1.9 MB. */
const SESSION_CHARS = 200_000;
const NO_SESSION = FLAG.late | FLAG.bot | FLAG.server | FLAG.apart;

/** Looks up ids in what memory does not hold, to the period `to`. Null: not known, it would have taken too long. */
export type FindIds = (ids: readonly SoughtId[], to: number) => (boolean | null)[];

export interface Taken {
	/** A CODE per event. */
	codes: Uint8Array;
	/** What is to be journaled, or null where nothing is new. */
	table: EventTable | null;
	/** Events that did not count. */
	counts: Counts;
}

/** What decides what events change: the definitions that hold for them. */
export type StateConfig = FunnelSettings & Pick<TenantConfig, "dimensions">;

export class LogState {
	readonly recent: RecentIds;
	readonly unsaved = new UnsavedIds();
	sessions = new Sessions();
	funnels = new Funnels();
	/** Ids committed before this are no longer known, epoch ms. */
	idsFrom = 0;

	constructor(recent = new RecentIds()) {
		this.recent = recent;
	}

	/** Effective dedupe horizon E, ms: older events are not windowed. */
	horizonMs(now: number): number {
		return Math.min(MAX_HORIZON_MS, now - this.idsFrom);
	}

	/**
	 * Takes in a batch: drops what was seen, marks what is late, and lets the rest change the sessions. Writes flags
	 * and, for cookieless visitors, the hash chosen into the table.
	 */
	take(table: EventTable, config: StateConfig, now: number, findIds: FindIds): Taken {
		const codes = this.#dedupe(table, now, findIds);
		const counts: Counts = {};
		for (const code of codes) {
			if (code === CODE.duplicate) counts.duplicate = (counts.duplicate ?? 0) + 1;
			else if (code === CODE.late) counts.late = (counts.late ?? 0) + 1;
		}
		const kept = counts.duplicate === undefined ? table : withoutDuplicates(table, codes);
		if (kept !== null) {
			this.#join(kept, config.dimensions, false);
			// Only now: by then a cookieless visitor's hash is chosen, and who takes part in no session is marked.
			this.funnels.take(kept, config);
		}
		return { codes, table: kept, counts };
	}

	/** Takes in what was journaled: the same changes as when it was taken, from the decisions written then. */
	replay(tables: readonly EventTable[], config: StateConfig, at: number, offset: number): void {
		for (const table of tables) {
			this.#remember(table, at);
			this.#join(table, config.dimensions, true);
		}
		this.sessions.drain(() => {});
		this.funnels.replay(tables, config, offset);
	}

	/** What the events taken since the last call changed, encoded: tables that each fit a journal row. */
	sessionTables(): Uint8Array[] {
		const tables: SessionRow[][] = [[]];
		let chars = 0;
		this.sessions.drain((visitor_hi, visitor_lo, start, dims, count, duration, views, bounces) => {
			if (chars > SESSION_CHARS || (tables.at(-1)?.length ?? 0) >= SESSION_ROWS) {
				tables.push([]);
				chars = 0;
			}
			tables.at(-1)?.push(sessionRow({ visitor_hi, visitor_lo, start, count, duration, views, bounces }, dims));
			for (const value of dims) chars += value.length;
		});
		return tables.filter((rows) => rows.length > 0).map((rows) => encodeTable(SESSION_LAYOUT, rows));
	}

	#dedupe({ columns, rows }: EventTable, now: number, findIds: FindIds): Uint8Array {
		const codes = new Uint8Array(rows);
		const lateBefore = now - this.horizonMs(now);
		const { ts, id_hi, id_lo, flags } = columns;
		const seen = this.#seenLongAgo(columns, rows, lateBefore, findIds);
		for (let i = 0; i < rows; i++) {
			const hi = id_hi[i] as number;
			const lo = id_lo[i] as number;
			const found = seen?.get(i);
			if (found === true || !this.recent.add(hi, lo, now)) {
				codes[i] = CODE.duplicate;
				continue;
			}
			this.unsaved.add(hi, lo, now);
			if ((ts[i] as number) >= lateBefore && found !== null) continue;
			codes[i] = CODE.late;
			flags[i] = (flags[i] as number) | FLAG.late;
		}
		return codes;
	}

	/** Of rows whose first attempt may be older than what memory holds: whether it is in the blobs. Mostly nobody asks. */
	#seenLongAgo(
		columns: EventTable["columns"],
		rows: number,
		lateBefore: number,
		findIds: FindIds,
	): Map<number, boolean | null> | null {
		const recently = this.recent.since + RETRY_SKEW_MS;
		const { ts, id_hi, id_lo } = columns;
		const asked: (SoughtId & { i: number })[] = [];
		for (let i = 0; i < rows; i++) {
			const t = ts[i] as number;
			// Of late events the ids are only looked for in memory: they are not windowed, and would read every blob.
			if (t >= recently || t < lateBefore) continue;
			const [hi, lo] = [id_hi[i] as number, id_lo[i] as number];
			if (this.recent.has(hi, lo)) continue;
			asked.push({ i, hi, lo, from: Math.floor((t - RETRY_SKEW_MS) / ID_PERIOD_MS) });
		}
		if (asked.length === 0) return null;
		const found = findIds(asked, Math.floor(this.recent.since / ID_PERIOD_MS));
		return new Map(asked.map(({ i }, at) => [i, found[at] ?? null]));
	}

	#remember({ columns, rows }: EventTable, at: number): void {
		for (let i = 0; i < rows; i++) {
			const hi = columns.id_hi[i] as number;
			const lo = columns.id_lo[i] as number;
			this.recent.add(hi, lo, at);
			this.unsaved.add(hi, lo, at);
		}
	}

	/** Brings events into the sessions of their visitors. */
	#join(table: EventTable, declared: readonly string[], replayed: boolean): void {
		const { columns, rows, strings } = table;
		const { ts, received_at, flags, visitor_hi, visitor_lo, yesterday_hi, yesterday_lo } = columns;
		const sessions = this.sessions;
		const dims = dimsOf(table, declared);
		const pageview = strings.indexOf(PAGEVIEW);
		for (let i = 0; i < rows; i++) {
			const t = ts[i] as number;
			sessions.tick(received_at[i] as number);
			if (((flags[i] as number) & NO_SESSION) !== 0) continue;
			if (((flags[i] as number) & FLAG.cookieless) !== 0) {
				const [hi, lo] = [yesterday_hi[i] as number, yesterday_lo[i] as number];
				if ((hi !== 0 || lo !== 0) && sessions.isOpen(hi, lo, t)) {
					visitor_hi[i] = hi;
					visitor_lo[i] = lo;
				}
			}
			const hi = visitor_hi[i] as number;
			const lo = visitor_lo[i] as number;
			if (!replayed && !this.#takesPart(hi, lo, t, received_at[i] as number)) {
				flags[i] = (flags[i] as number) | FLAG.apart;
				continue;
			}
			const isView = columns.name[i] === pageview;
			sessions.add(hi, lo, t, isView, !isView && ((flags[i] as number) & FLAG.passive) === 0, dims, i);
		}
	}

	#takesPart(hi: number, lo: number, t: number, receivedAt: number): boolean {
		const { sessions } = this;
		if (!sessions.isTimely(t, receivedAt)) return false;
		return sessions.size < MAX_SESSIONS || sessions.isOpen(hi, lo, t);
	}
}

/** Encodes the rows that stay, as a table of its own. A retry is rare. */
function withoutDuplicates(table: EventTable, codes: Uint8Array): EventTable | null {
	const rows = [];
	for (let i = 0; i < table.rows; i++) if (codes[i] !== CODE.duplicate) rows.push(rowAt(EVENT_LAYOUT, table, i));
	return rows.length === 0 ? null : decodeTable(EVENT_LAYOUT, encodeTable(EVENT_LAYOUT, rows));
}

/** The dimensions of a session that begins with row `i`. */
function dimsOf({ columns, strings }: EventTable, declared: readonly string[]): (i: number) => Dims {
	let values: readonly string[] | null = null;
	const props = new DeclaredValues(strings, declared);
	return (i) => {
		values ??= cutValues(strings);
		const text = (column: Uint16Array) => values?.[column[i] as number] as string;
		return [
			text(columns.path),
			text(columns.referrer),
			text(columns.channel),
			text(columns.utm_source),
			text(columns.utm_medium),
			text(columns.utm_campaign),
			text(columns.country),
			text(columns.browser),
			text(columns.os),
			text(columns.device),
			propsOf(declared, props.of(columns.props[i] as number)),
		];
	};
}

function propsOf(names: readonly string[], values: readonly string[]): string {
	const given = names.map((name, i) => [name, values[i]] as const).filter(([, value]) => value !== "");
	return given.length === 0 ? "" : JSON.stringify(Object.fromEntries(given));
}

type Numbers = Pick<SessionRow, "visitor_hi" | "visitor_lo" | "start" | "count" | "duration" | "views" | "bounces">;

function sessionRow(numbers: Numbers, dims: Dims): SessionRow {
	const [entry, referrer, channel, utm_source, utm_medium, utm_campaign, country, browser, os, device, props] = dims;
	return {
		...numbers,
		entry,
		referrer,
		channel,
		utm_source,
		utm_medium,
		utm_campaign,
		country,
		browser,
		os,
		device,
		props,
	};
}
