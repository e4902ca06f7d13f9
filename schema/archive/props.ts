/**
 * Props between their JSON and columns of their own. A declared prop's value moves to its column where the column can
 * give it back as it was; what it can't (a boolean or number among texts, "" and null, which a column has for missing)
 * stays in the JSON as well. So the two together are always the whole.
 */
import type { TextColumn } from "../core/scan/rows.ts";
import { type PropColumn, propColumn } from "./columns.ts";

export type Cell = string | number | null;

/** A row's props, apart. `rest`: JSON of what no column holds, null for nothing. */
export interface SplitProps {
	readonly rest: string | null;
	/** One a declared prop. */
	readonly cells: readonly Cell[];
}

/** Props are our own edge's JSON. What is none, or no object, has no values and is kept as it is. */
export function parseProps(json: string): Record<string, unknown> | null {
	if (json === "") return null;
	try {
		const parsed: unknown = JSON.parse(json);
		return isObject(parsed) ? parsed : null;
	} catch {
		return null;
	}
}

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** An own property: `constructor` is a prop like any other. */
const propValue = (props: Record<string, unknown>, name: string): unknown =>
	Object.hasOwn(props, name) ? props[name] : undefined;

/** A value as the text that scans compare and group by; "" = missing. A lone surrogate is U+FFFD, as in a column. */
export const propText = (value: unknown): string =>
	value === null || value === undefined || typeof value === "object" ? "" : String(value).toWellFormed();

/** Splits JSON of props for these columns. */
export function splitProps(json: string | null, columns: readonly PropColumn[]): SplitProps {
	const props = parseProps(json ?? "");
	if (props === null) return { rest: json, cells: columns.map(() => null) };
	let moved = false;
	const cells = columns.map(({ name, kind }): Cell => {
		const value = propValue(props, name);
		const cell = kind === "double" ? (typeof value === "number" ? value : null) : propText(value) || null;
		if (cell === null || cell !== value) return cell;
		moved = Reflect.deleteProperty(props, name);
		return cell;
	});
	if (!moved) return { rest: json, cells };
	const rest = JSON.stringify(props);
	return { rest: rest === "{}" ? null : rest, cells };
}

/** `props`: JSON of what no column holds. `props.<name>`: a declared one's texts, or numbers with NaN for none. */
export type SplitColumns = ReadonlyMap<string, TextColumn | Float64Array>;

/** Splits a column of JSON, once for every distinct text. */
export function splitColumn(json: TextColumn, columns: readonly PropColumn[]): SplitColumns {
	if (columns.length === 0) return new Map([["props", json]]);
	const rest = new TextBuilder(json.index.length);
	const cells = columns.map(({ kind }) =>
		kind === "double" ? new Float64Array(json.index.length).fill(Number.NaN) : new TextBuilder(json.index.length),
	);
	const known = new Map<number, SplitProps>();
	for (let i = 0; i < json.index.length; i++) {
		const at = json.index[i] as number;
		const split = known.get(at) ?? splitProps(json.values[at] || null, columns);
		known.set(at, split);
		rest.set(i, split.rest ?? "");
		for (const [k, to] of cells.entries()) {
			const cell = split.cells[k] ?? null;
			if (to instanceof TextBuilder) to.set(i, cell === null ? "" : String(cell));
			else if (typeof cell === "number") to[i] = cell;
		}
	}
	const names = columns.map(({ name }) => propColumn(name));
	return new Map<string, TextColumn | Float64Array>([
		["props", rest],
		...cells.map((c, k) => [names[k] ?? "", c] as const),
	]);
}

/** A text column that is written row by row. */
export class TextBuilder implements TextColumn {
	readonly values = [""];
	readonly index: Uint32Array;
	readonly #known = new Map<string, number>([["", 0]]);

	constructor(rows: number) {
		this.index = new Uint32Array(rows);
	}

	/** The place of a text among the values; a new one is put there. */
	code(text: string): number {
		let code = this.#known.get(text);
		if (code === undefined) {
			code = this.values.push(text) - 1;
			this.#known.set(text, code);
		}
		return code;
	}

	set(row: number, text: string): void {
		this.index[row] = this.code(text);
	}
}

/** A prop's column with the JSON of each of its values. */
export interface JsonColumn {
	readonly name: string;
	readonly json: readonly string[];
	readonly index: TextColumn["index"];
}

/** The whole JSON of rows again, made once for every combination of values, and only for the rows that are asked for. */
export class JoinedProps {
	/** Codes there can be: one a row. */
	readonly size: number;
	readonly #rest: TextColumn;
	readonly #columns: readonly JsonColumn[];
	readonly #values: string[] = [""];
	readonly #codes = new Map<string, number>();

	constructor(rest: TextColumn, columns: readonly JsonColumn[]) {
		this.size = rest.index.length + 1;
		this.#rest = rest;
		this.#columns = columns;
	}

	code(row: number): number {
		let combination = `${this.#rest.index[row]}`;
		for (const { index } of this.#columns) combination += `,${index[row]}`;
		let code = this.#codes.get(combination);
		if (code === undefined) {
			const json = this.#join(row);
			code = json === "" ? 0 : this.#values.push(json) - 1;
			this.#codes.set(combination, code);
		}
		return code;
	}

	value(code: number): string {
		return this.#values[code] as string;
	}

	#join(row: number): string {
		const cells = new Map<string, string>();
		for (const { name, json, index } of this.#columns) {
			const code = index[row] as number;
			if (code !== 0) cells.set(name, json[code] as string);
		}
		return joinProps(this.#rest.values[this.#rest.index[row] as number] as string, cells);
	}
}

/** `cells`: JSON texts by prop, of those that are there. What the rest has itself goes before a cell. */
function joinProps(rest: string, cells: ReadonlyMap<string, string>): string {
	if (cells.size === 0) return rest;
	const own = mayHave(rest, cells.keys()) ? (parseProps(rest) ?? {}) : {};
	let joined = rest === "" ? "{" : rest.slice(0, -1);
	for (const [name, json] of cells) {
		if (Object.hasOwn(own, name)) continue;
		joined += `${joined === "{" ? "" : ","}${JSON.stringify(name)}:${json}`;
	}
	return `${joined}}`;
}

/** May the JSON have one of these keys? No escapes, and none of them as it would be written: no. */
function mayHave(json: string, names: Iterable<string>): boolean {
	if (json.includes("\\")) return true;
	for (const name of names) if (json.includes(JSON.stringify(name))) return true;
	return false;
}

/** Which declared props hold a value that is no number, or a number. */
export class PropKinds {
	readonly #kinds = new Map<string, "double" | "text">();
	readonly #props: readonly string[];

	constructor(props: readonly string[]) {
		this.#props = props;
	}

	/** Takes the props of a row, or of many with the same text. */
	add(json: string): void {
		const props = parseProps(json);
		if (props === null) return;
		for (const name of this.#props) {
			const value = propValue(props, name);
			if (propText(value) !== "") this.vote(name, typeof value === "number" ? "double" : "text");
		}
	}

	/** Takes what is known of a prop already. */
	vote(name: string, kind: "double" | "text"): void {
		if (this.#kinds.get(name) !== "text") this.#kinds.set(name, kind);
	}

	/** A prop without values is text, as most are. */
	columns(): PropColumn[] {
		return this.#props.map((name) => ({ name, kind: this.#kinds.get(name) ?? "text" }));
	}
}

/** A prop's values, read from a column of JSON: once for every distinct text. */
export function propOfJson(json: TextColumn, name: string): TextColumn {
	const column = new TextBuilder(json.index.length);
	const codes = new Int32Array(json.values.length).fill(-1);
	for (let i = 0; i < json.index.length; i++) {
		const at = json.index[i] as number;
		let code = codes[at] as number;
		if (code < 0) {
			const props = parseProps(json.values[at] as string);
			code = column.code(props === null ? "" : propText(propValue(props, name)));
			codes[at] = code;
		}
		column.index[i] = code;
	}
	return column;
}
