/** Folds journal rows into windows, per metric and minute. Pure: the same rows give the same spans (I2). */
import { decodeTable } from "../../schema/core/columns.ts";
import { Window, type WindowShape } from "../../schema/core/window.ts";
import { type EventTable, FLAG, SESSION_LAYOUT, type SessionTable } from "../../schema/event.ts";
import {
	ALL,
	cubeDimensions,
	EVENT_HITS,
	INGEST,
	OTHER,
	type Reason,
	SESSION,
	SESSION_HITS,
	SLOT_DIMENSION,
	type TenantConfig,
} from "../../schema/metric.ts";
import type { JournalRow } from "./journal.ts";

/** Windows by the start of their minute, epoch ms. */
export type Minutes = Map<number, Window>;
/** Where the windows of a metric are wanted, or null where they are not. */
export type Into = (metric: string) => Minutes | null;

const MINUTE_MS = 60_000;
const SLOT_MS = 10_000;
/** Characters of a dimension value that are kept (semantics: "Metrics, measures, dimensions"). */
export const VALUE_CHARS = 256;
/** Flags of events that are in no window. */
export const NOT_WINDOWED = FLAG.late | FLAG.bot;
const SLOTS = ["0", "1", "2", "3", "4", "5"] as const;

/** What decides how rows are folded: the journaled definitions, and the currency that values are summed in. */
export type CutConfig = Pick<TenantConfig, "version" | "metrics" | "dimensions" | "currency">;

/** Definitions made ready for folding. */
export class Cut {
	readonly definitions: CutConfig;
	readonly declared: readonly string[];
	readonly #admitted: ReadonlySet<string>;
	readonly #shapes: { all: WindowShape; name: WindowShape; session: WindowShape; ingest: WindowShape };

	constructor(definitions: CutConfig) {
		this.definitions = definitions;
		this.declared = definitions.dimensions;
		this.#admitted = new Set(definitions.metrics);
		const cube = cubeDimensions(definitions);
		this.#shapes = {
			all: { cube, marginals: [SLOT_DIMENSION], hits: EVENT_HITS, signed: false },
			name: { cube, marginals: [], hits: EVENT_HITS, signed: false },
			session: { cube, marginals: [], hits: SESSION_HITS, signed: true },
			ingest: { cube: [], marginals: ["reason"], hits: [], signed: true },
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
		return metric === INGEST ? this.#shapes.ingest : this.#shapes.name;
	}
}

/** Folds a row into the windows that are wanted, cut by the definitions that hold for it. */
export function foldRow(row: JournalRow, cut: Cut, into: Into): void {
	for (const table of row.events) foldEvents(table, cut, into);
	const sessions = row.sessions.length === 0 ? null : into(SESSION);
	if (sessions !== null) {
		for (const bytes of row.sessions) foldSessions(decodeTable(SESSION_LAYOUT, bytes), cut, sessions);
	}
	const ingest = row.counts === null ? null : into(INGEST);
	if (ingest !== null) foldCounts(row, cut, ingest);
}

/** The metrics that a row has something for. */
export function metricsOf(row: JournalRow, cut: Cut): Set<string> {
	const metrics = new Set<string>();
	if (row.sessions.length > 0) metrics.add(SESSION);
	if (row.counts !== null) metrics.add(INGEST);
	for (const { rows, columns, strings } of row.events) {
		for (let i = 0; i < rows; i++) {
			if (((columns.flags[i] as number) & NOT_WINDOWED) !== 0) continue;
			metrics.add(ALL);
			metrics.add(cut.metricOf(strings[columns.name[i] as number] as string));
		}
	}
	return metrics;
}

/** The windows of one metric, with the one used last at hand: events of a table are mostly of one minute. */
class Target {
	readonly #minutes: Minutes;
	readonly #shape: WindowShape;
	#start = -1;
	#window: Window | null = null;

	constructor(minutes: Minutes, shape: WindowShape) {
		this.#minutes = minutes;
		this.#shape = shape;
	}

	at(ts: number): Window {
		const start = Math.floor(ts / MINUTE_MS) * MINUTE_MS;
		if (start !== this.#start || this.#window === null) {
			this.#start = start;
			this.#window = this.#open(start);
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

function foldEvents(table: EventTable, cut: Cut, into: Into): void {
	const { columns, rows } = table;
	const values = cutValues(table.strings);
	const declared = new DeclaredValues(table.strings, cut.declared);
	const { ts, flags, name, country, device, props, value, currency, visitor_hi, visitor_lo } = columns;
	const summed = cut.currencyIn(table.strings);
	const hits = EVENT_HITS.map((dimension) => columns[dimension as keyof typeof columns] as Uint16Array);
	const targets = new Map<number, Target | null>();
	const allMinutes = into(ALL);
	const all = allMinutes === null ? null : new Target(allMinutes, cut.shapeOf(ALL));
	cubeValues.length = 2 + cut.declared.length;
	hitValues.length = hits.length;
	for (let i = 0; i < rows; i++) {
		if (((flags[i] as number) & NOT_WINDOWED) !== 0) continue;
		const index = name[i] as number;
		let one = targets.get(index);
		if (one === undefined) {
			one = targetOf(cut.metricOf(table.strings[index] as string), cut, into);
			targets.set(index, one);
		}
		if (all === null && one === null) continue;
		cubeValues[0] = values[country[i] as number] as string;
		cubeValues[1] = values[device[i] as number] as string;
		declared.fill(props[i] as number, cubeValues);
		for (let h = 0; h < hits.length; h++) hitValues[h] = values[(hits[h] as Uint16Array)[i] as number] as string;
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

function targetOf(metric: string, cut: Cut, into: Into): Target | null {
	const minutes = into(metric);
	return minutes === null ? null : new Target(minutes, cut.shapeOf(metric));
}

function foldSessions(table: SessionTable, cut: Cut, minutes: Minutes): void {
	const { columns, rows, strings } = table;
	const declared = new DeclaredValues(strings, cut.declared);
	const target = new Target(minutes, cut.shapeOf(SESSION));
	const hits = SESSION_HITS.map((dimension) => columns[dimension as keyof typeof columns] as Uint16Array);
	const number = (column: Float64Array, i: number) => column[i] as number;
	cubeValues.length = 2 + cut.declared.length;
	hitValues.length = hits.length;
	for (let i = 0; i < rows; i++) {
		cubeValues[0] = strings[columns.country[i] as number] as string;
		cubeValues[1] = strings[columns.device[i] as number] as string;
		declared.fill(columns.props[i] as number, cubeValues);
		for (let h = 0; h < hits.length; h++) hitValues[h] = strings[(hits[h] as Uint16Array)[i] as number] as string;
		const { count, duration, views, bounces, start } = columns;
		target
			.at(number(start, i))
			.addSigned(cubeValues, hitValues, number(count, i), number(duration, i), number(views, i), number(bounces, i));
	}
}

function foldCounts({ at, counts }: JournalRow, cut: Cut, minutes: Minutes): void {
	const target = new Target(minutes, cut.shapeOf(INGEST));
	for (const [reason, count] of Object.entries(counts ?? {}) as [Reason, number][]) {
		target.at(at).addSigned([], [], count, 0, 0, 0, [reason]);
	}
}

/** Strings cut to VALUE_CHARS; the list itself where none is longer. */
export function cutValues(strings: readonly string[]): readonly string[] {
	return strings.some((s) => s.length > VALUE_CHARS) ? strings.map(cutValue) : strings;
}

/** A pair of surrogates may be cut in two. */
const cutValue = (s: string) => (s.length > VALUE_CHARS ? s.slice(0, VALUE_CHARS).toWellFormed() : s);

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
