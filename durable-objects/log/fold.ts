/** Folds journal rows into windows, per metric and minute. Pure: the same rows give the same spans (I2). */
import { decodeTable } from "../../schema/core/columns.ts";
import { cutValue, cutValues } from "../../schema/core/label.ts";
import { Window, type WindowShape } from "../../schema/core/window.ts";
import { FLAG, FUNNEL_LAYOUT, type FunnelTable, SESSION_LAYOUT } from "../../schema/event.ts";
import {
	ALL,
	cubeDimensions,
	EVENT_HITS,
	INGEST,
	isFunnel,
	OTHER,
	type Reason,
	SESSION,
	SESSION_HITS,
	SLOT_DIMENSION,
	STEP_DIMENSION,
	type TenantConfig,
} from "../../schema/metric.ts";
import type { JournalRow } from "./journal.ts";

/** Windows by the start of their minute, epoch ms. */
export type Minutes = Map<number, Window>;
/** Where the windows of a metric are wanted, or null where they are not. */
export type Into = (metric: string) => Minutes | null;

const MINUTE_MS = 60_000;
const SLOT_MS = 10_000;
/** Flags of events that are in no window. */
export const NOT_WINDOWED = FLAG.late | FLAG.bot;
const SLOTS = ["0", "1", "2", "3", "4", "5"] as const;

/** What decides how rows are folded: the journaled definitions, and the currency that values are summed in. */
export type CutConfig = Pick<TenantConfig, "version" | "metrics" | "dimensions" | "currency">;

const INGEST_SHAPE: WindowShape = { cube: [], marginals: ["reason"], hits: [], signed: true };
export const FUNNEL_SHAPE: WindowShape = { cube: [], marginals: [STEP_DIMENSION], hits: [], signed: true };

/** Definitions made ready for folding. */
export class Cut {
	readonly definitions: CutConfig;
	readonly declared: readonly string[];
	readonly #admitted: ReadonlySet<string>;
	readonly #shapes: { all: WindowShape; name: WindowShape; session: WindowShape };

	constructor(definitions: CutConfig) {
		this.definitions = definitions;
		this.declared = definitions.dimensions;
		this.#admitted = new Set(definitions.metrics);
		const cube = cubeDimensions(definitions);
		this.#shapes = {
			all: { cube, marginals: [SLOT_DIMENSION], hits: EVENT_HITS, signed: false },
			name: { cube, marginals: [], hits: EVENT_HITS, signed: false },
			session: { cube, marginals: [], hits: SESSION_HITS, signed: true },
		};
	}

	/**
	 * Index, in a table's strings, of the currency whose values are summed beside those that name none (index 0). A sum
	 * has one currency: an event that names another counts, without its value. -1: the table has none of it.
	 */
	currencyIn(strings: readonly string[]): number {
		const { currency } = this.definitions;
		return currency === null ? 0 : strings.indexOf(currency);
	}

	isAdmitted(name: string): boolean {
		return this.#admitted.has(name);
	}

	metricOf(name: string): string {
		return this.#admitted.has(name) ? name : OTHER;
	}

	shapeOf(metric: string): WindowShape {
		if (metric === ALL) return this.#shapes.all;
		if (metric === SESSION) return this.#shapes.session;
		if (metric === INGEST) return INGEST_SHAPE;
		return isFunnel(metric) ? FUNNEL_SHAPE : this.#shapes.name;
	}
}

/** Folds a row into the windows that are wanted, cut by the definitions that hold for it. */
export function foldRow(row: JournalRow, cut: Cut, into: Into): void {
	for (const table of row.events) foldEvents(table, cut, into);
	const sessions = row.sessions.length === 0 ? null : into(SESSION);
	if (sessions !== null) {
		for (const bytes of row.sessions) foldSessions(decodeTable(SESSION_LAYOUT, bytes), cut, sessions);
	}
	for (const bytes of row.funnels) foldFunnels(decodeTable(FUNNEL_LAYOUT, bytes), cut, into);
	const ingest = row.counts === null ? null : into(INGEST);
	if (ingest !== null) foldCounts(row, cut, ingest);
}

/** The metrics that a row has something for. */
export function metricsOf(row: JournalRow, cut: Cut): Set<string> {
	const metrics = new Set<string>();
	if (row.sessions.length > 0) metrics.add(SESSION);
	if (row.counts !== null) metrics.add(INGEST);
	for (const bytes of row.funnels) {
		const { columns, strings } = decodeTable(FUNNEL_LAYOUT, bytes);
		for (const index of columns.metric) metrics.add(strings[index] as string);
	}
	for (const { rows, columns, strings } of row.events) {
		for (let i = 0; i < rows; i++) {
			if (((columns.flags[i] as number) & NOT_WINDOWED) !== 0) continue;
			metrics.add(ALL);
			metrics.add(cut.metricOf(strings[columns.name[i] as number] as string));
		}
	}
	return metrics;
}

/** How windows are cut in time. */
export interface Buckets {
	startOf(t: number): number;
	/** The start of the window after the one that starts at `start`. */
	next(start: number): number;
	/** They keep the 10 s slots: minutes do. */
	slots: boolean;
}

export const MINUTES: Buckets = {
	startOf: (t) => Math.floor(t / MINUTE_MS) * MINUTE_MS,
	next: (start) => start + MINUTE_MS,
	slots: true,
};

/** The windows of one metric, with the one used last at hand: events of a table are mostly of one minute. */
class Target {
	readonly #minutes: Minutes;
	readonly #shape: WindowShape;
	readonly #buckets: Buckets;
	#start = 0;
	#end = 0;
	#window: Window | null = null;

	constructor(minutes: Minutes, shape: WindowShape, buckets: Buckets) {
		this.#minutes = minutes;
		this.#shape = buckets.slots ? shape : { ...shape, marginals: withoutSlots(shape.marginals) };
		this.#buckets = buckets;
	}

	at(ts: number): Window {
		if (ts < this.#start || ts >= this.#end || this.#window === null) {
			this.#start = this.#buckets.startOf(ts);
			this.#end = this.#buckets.next(this.#start);
			this.#window = this.#open(this.#start);
		}
		return this.#window;
	}

	#open(start: number): Window {
		let window = this.#minutes.get(start);
		if (window === undefined) {
			window = new Window(this.#shape);
			this.#minutes.set(start, window);
		} else if (window.shape.cube.length < this.#shape.cube.length) {
			window.merge(new Window(this.#shape)); // A dimension was declared meanwhile: the cube takes the longer keys.
		}
		return window;
	}
}

// Reused by every call: `Window.add` keeps none of them.
const cubeValues: string[] = [];
const marginal = [""];
const hitValues: string[] = [];
const NO_MARGINALS: string[] = [];

const withoutSlots = (marginals: string[]) => marginals.filter((name) => name !== SLOT_DIMENSION);

/** Columns of strings hold indices into the strings of their table. */
type Column = ArrayLike<number>;

/** Events as they are folded: a table of the journal, or rows of the archive brought into this form. */
export interface FoldableEvents {
	readonly rows: number;
	readonly strings: readonly string[];
	readonly columns: Readonly<
		Record<
			| "ts"
			| "flags"
			| "value"
			| "visitor_hi"
			| "visitor_lo"
			| "name"
			| "country"
			| "device"
			| "currency"
			| "props"
			| (typeof EVENT_HITS)[number],
			Column
		>
	>;
}

/** Sessions, or changes to them, as they are folded. */
export interface FoldableSessions {
	readonly rows: number;
	readonly strings: readonly string[];
	readonly columns: Readonly<
		Record<
			| "start"
			| "count"
			| "duration"
			| "views"
			| "bounces"
			| "country"
			| "device"
			| "props"
			| (typeof SESSION_HITS)[number],
			Column
		>
	>;
}

/** Folds events into the windows that are wanted. Late ones and bots are left out. */
export function foldEvents(table: FoldableEvents, cut: Cut, into: Into, buckets = MINUTES): void {
	const { columns, rows } = table;
	const values = cutValues(table.strings);
	const declared = new DeclaredValues(table.strings, cut.declared);
	const { ts, flags, name, country, device, props, value, currency, visitor_hi, visitor_lo } = columns;
	const summed = cut.currencyIn(table.strings);
	const hits = EVENT_HITS.map((dimension) => columns[dimension]);
	const targets = new Map<number, Target | null>();
	const all = targetOf(ALL, cut, into, buckets);
	cubeValues.length = 2 + cut.declared.length;
	hitValues.length = hits.length;
	for (let i = 0; i < rows; i++) {
		if (((flags[i] as number) & NOT_WINDOWED) !== 0) continue;
		const index = name[i] as number;
		let one = targets.get(index);
		if (one === undefined) {
			one = targetOf(cut.metricOf(table.strings[index] as string), cut, into, buckets);
			targets.set(index, one);
		}
		if (all === null && one === null) continue;
		cubeValues[0] = values[country[i] as number] as string;
		cubeValues[1] = values[device[i] as number] as string;
		declared.fill(props[i] as number, cubeValues);
		for (let h = 0; h < hits.length; h++) hitValues[h] = values[(hits[h] as Column)[i] as number] as string;
		const at = ts[i] as number;
		const amount = currency[i] === 0 || currency[i] === summed ? (value[i] as number) : Number.NaN;
		const hi = visitor_hi[i] as number;
		const lo = visitor_lo[i] as number;
		if (all !== null) {
			marginal[0] = SLOTS[Math.floor((at % MINUTE_MS) / SLOT_MS)] as string;
			all.at(at).add(cubeValues, marginal, hitValues, amount, hi, lo);
		}
		if (one !== null) one.at(at).add(cubeValues, NO_MARGINALS, hitValues, amount, hi, lo);
	}
}

function targetOf(metric: string, cut: Cut, into: Into, buckets: Buckets): Target | null {
	const windows = into(metric);
	return windows === null ? null : new Target(windows, cut.shapeOf(metric), buckets);
}

export function foldSessions(table: FoldableSessions, cut: Cut, windows: Minutes, buckets = MINUTES): void {
	const { columns, rows, strings } = table;
	const declared = new DeclaredValues(strings, cut.declared);
	const target = new Target(windows, cut.shapeOf(SESSION), buckets);
	const hits = SESSION_HITS.map((dimension) => columns[dimension]);
	const number = (column: Column, i: number) => column[i] as number;
	cubeValues.length = 2 + cut.declared.length;
	hitValues.length = hits.length;
	for (let i = 0; i < rows; i++) {
		cubeValues[0] = strings[columns.country[i] as number] as string;
		cubeValues[1] = strings[columns.device[i] as number] as string;
		declared.fill(columns.props[i] as number, cubeValues);
		for (let h = 0; h < hits.length; h++) hitValues[h] = strings[(hits[h] as Column)[i] as number] as string;
		const { count, duration, views, bounces, start } = columns;
		target
			.at(number(start, i))
			.addSigned(cubeValues, hitValues, number(count, i), number(duration, i), number(views, i), number(bounces, i));
	}
}

function foldFunnels({ columns, rows, strings }: FunnelTable, cut: Cut, into: Into): void {
	const targets = new Map<number, Target | null>();
	for (let i = 0; i < rows; i++) {
		const index = columns.metric[i] as number;
		let target = targets.get(index);
		if (target === undefined) {
			target = targetOf(strings[index] as string, cut, into, MINUTES);
			targets.set(index, target);
		}
		const window = target?.at(columns.start[i] as number);
		if (window !== undefined) addReached(window, columns.level[i] as number, columns.count[i] as number);
	}
}

/** Adds to a funnel's window how many got as far as a level, and so to each one below; level 0: what was given up. */
export function addReached(window: Window, level: number, count: number): void {
	for (let step = 1; step <= level; step++) addStep(window, String(step), count, step === 1);
	if (level === 0) addStep(window, OTHER, count, false);
}

/** The total is that of step 1. */
function addStep(window: Window, step: string, count: number, isTotal: boolean): void {
	window.addSigned(NO_MARGINALS, NO_MARGINALS, count, 0, 0, 0, [step]);
	if (!isTotal) window.addSigned(NO_MARGINALS, NO_MARGINALS, -count, 0, 0, 0);
}

function foldCounts({ at, counts }: JournalRow, cut: Cut, minutes: Minutes): void {
	const target = new Target(minutes, cut.shapeOf(INGEST), MINUTES);
	for (const [reason, count] of Object.entries(counts ?? {}) as [Reason, number][]) {
		target.at(at).addSigned([], [], count, 0, 0, 0, [reason]);
	}
}

/** Values of the declared dimensions, read from the props' JSON once for every distinct text of it. */
export class DeclaredValues {
	readonly #strings: readonly string[];
	readonly #names: readonly string[];
	readonly #known = new Map<number, string[]>();

	constructor(strings: readonly string[], names: readonly string[]) {
		this.#strings = strings;
		this.#names = names;
	}

	/** Writes the values after those of country and device. "" = missing. */
	fill(index: number, values: string[]): void {
		if (this.#names.length === 0) return;
		const found = this.of(index);
		for (let i = 0; i < found.length; i++) values[2 + i] = found[i] as string;
	}

	of(index: number): string[] {
		let found = this.#known.get(index);
		if (found === undefined) {
			const props = parseProps(this.#strings[index] as string);
			found = this.#names.map((name) => textOf(Object.getOwnPropertyDescriptor(props, name)?.value));
			this.#known.set(index, found);
		}
		return found;
	}
}

/** Props are our own edge's JSON. What is none has no values, rather than stopping the log for ever at that row. */
function parseProps(text: string): object {
	if (text === "") return {};
	try {
		return Object(JSON.parse(text));
	} catch {
		return {};
	}
}

function textOf(value: unknown): string {
	if (value === null || value === undefined || typeof value === "object") return "";
	return cutValue(String(value));
}
