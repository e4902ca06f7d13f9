/** Segments from R2, or any store that gives ranges of bytes: only the columns that are asked for, in few requests. */
import { type FileMetaData, parquetMetadata } from "hyparquet";
import type { Batch, NumberColumn, Numbers, TextColumn } from "../core/scan/rows.ts";
import {
	ARCHIVE_VERSION,
	EVENT_TEXTS,
	NUMBER_SOURCE,
	type PropColumn,
	propColumn,
	propOf,
	type RowNumber,
	textColumn,
	VERSION_KEY,
} from "./columns.ts";
import { type Chunk, EncodedText, readDouble, readHalves, readInt32, readInt64, readText } from "./pages.ts";
import { JoinedProps, propOfJson, TextBuilder } from "./props.ts";

/** Bytes by range. `end` is exclusive. */
export interface RangeSource {
	readonly size: number;
	read(start: number, end: number): Promise<ArrayBuffer>;
}

/** What a row group holds; slots and times (epoch ms) inclusive. */
export interface GroupStats {
	readonly rows: number;
	readonly minSlot: number;
	readonly maxSlot: number;
	readonly minTs: number;
	readonly maxTs: number;
}

/** Read first: the footer, for all but the largest segments, and the whole of a small one. */
const TAIL_BYTES = 64 * 1024;
/** Bytes between two columns that are read along, because another request costs more. */
const GAP_BYTES = 64 * 1024;
/** Metadata length and "PAR1" after the metadata. */
const TRAILER_BYTES = 8;

interface ChunkPlace {
	readonly start: number;
	readonly end: number;
	readonly compressed: boolean;
	/** Rows that have a value; -1 where the file doesn't say. */
	readonly defined: number;
}

interface Group {
	readonly stats: GroupStats;
	/** By column. A column that the file lacks is not in it. */
	readonly chunks: ReadonlyMap<string, ChunkPlace>;
}

export class Segment {
	readonly rows: number;
	readonly groups: readonly GroupStats[];
	/** Text columns that the file has, by the name that scans know them by. */
	readonly texts: ReadonlySet<string>;
	/** Declared props with a column of their own. */
	readonly props: readonly string[];
	/** The same, with what the columns hold; null: nothing. */
	readonly propColumns: readonly { name: string; kind: PropColumn["kind"] | null }[];
	readonly #source: RangeSource;
	readonly #groups: readonly Group[];

	/** @throws RangeError for what is no segment, and for one of a later version. */
	static async open(source: RangeSource): Promise<Segment> {
		const tailed = new TailedSource(source);
		return new Segment(tailed, parquetMetadata(await tailed.footer()));
	}

	private constructor(source: RangeSource, metadata: FileMetaData) {
		const version = metadata.key_value_metadata?.find(({ key }) => key === VERSION_KEY)?.value;
		if (!(Number(version) >= 1 && Number(version) <= ARCHIVE_VERSION))
			throw new RangeError(`segment version ${version}`);
		this.#source = source;
		this.#groups = metadata.row_groups.map(groupOf);
		this.rows = Number(metadata.num_rows);
		this.groups = this.#groups.map(({ stats }) => stats);
		const columns = new Set(metadata.schema.map(({ name }) => name));
		this.propColumns = metadata.schema.flatMap(({ name, type }) => {
			const prop = propOf(name);
			if (prop === null) return [];
			return [{ name: prop, kind: this.#isEmpty(name) ? null : type === "DOUBLE" ? "double" : "text" }];
		});
		this.props = this.propColumns.map(({ name }) => name);
		const own = [...EVENT_TEXTS].filter((text) => columns.has(textColumn(text)));
		this.texts = new Set([...own, ...this.props.map(propColumn)]);
	}

	#isEmpty(column: string): boolean {
		return this.#groups.every(({ chunks }) => chunks.get(column)?.defined === 0);
	}

	/**
	 * The columns of a row group. `props` is the whole JSON of a row's props, `props.x` one prop as text, whether it has
	 * a column here or not. A text that an older file lacks is missing in all rows.
	 * @throws RangeError for a text that no event has.
	 */
	async read(group: number, numbers: readonly NumberColumn[], texts: readonly string[]): Promise<Batch> {
		const chunks = await this.chunks(group, numbers, texts);
		const read: Partial<Record<NumberColumn, Numbers>> = {};
		for (const name of numbers) read[name] = chunks.number(name);
		return {
			rows: chunks.rows,
			numbers: read,
			texts: Object.fromEntries(texts.map((text) => [text, chunks.text(text)])),
		};
	}

	/** What `read` decodes, still encoded: for those who need few of the rows. */
	chunks(group: number, numbers: readonly RowNumber[], texts: readonly string[]): Promise<GroupChunks> {
		return this.#fetch(group, [
			...numbers.map((name) => NUMBER_SOURCE[name]),
			...texts.flatMap((text) => this.#columnsOf(text)),
		]);
	}

	#columnsOf(text: string): string[] {
		if (text === "props") return ["props", ...this.props.map(propColumn)];
		if (propOf(text) !== null) return [this.texts.has(text) ? text : "props"];
		if (!EVENT_TEXTS.has(text)) throw new RangeError(`an event has no column ${text}`);
		return [textColumn(text)];
	}

	/** Columns that the file lacks are left out. */
	async #fetch(group: number, columns: readonly string[]): Promise<GroupChunks> {
		const { stats, chunks } = this.#groups[group] as Group;
		const wanted = [...new Set(columns)].flatMap((name) => {
			const place = chunks.get(name);
			return place === undefined ? [] : [{ name, place }];
		});
		const found = new Map<string, Chunk>();
		await Promise.all(
			coalesce(wanted.map(({ place }) => place)).map(async ({ start, end }) => {
				const buffer = await this.#source.read(start, end);
				if (buffer.byteLength !== end - start) throw new RangeError("a segment is cut short");
				for (const { name, place } of wanted) {
					if (place.start < start || place.end > end) continue;
					const bytes = new Uint8Array(buffer, place.start - start, place.end - place.start);
					found.set(name, { bytes, compressed: place.compressed, rows: stats.rows });
				}
			}),
		);
		return new GroupChunks(stats.rows, found, this.propColumns);
	}
}

/** Encoded columns of a row group. Hashes are decoded once for both of their halves. */
export class GroupChunks {
	readonly rows: number;
	readonly #chunks: ReadonlyMap<string, Chunk>;
	readonly #props: Segment["propColumns"];
	readonly #halves = new Map<string, { hi: Uint32Array; lo: Uint32Array }>();

	constructor(rows: number, chunks: ReadonlyMap<string, Chunk>, props: Segment["propColumns"]) {
		this.rows = rows;
		this.#chunks = chunks;
		this.#props = props;
	}

	number(name: RowNumber): Numbers {
		const column = NUMBER_SOURCE[name];
		const chunk = this.#chunks.get(column);
		if (chunk === undefined) throw new RangeError(`a segment lacks ${column}`);
		if (name === "slot") return readInt32(chunk, new Uint16Array(this.rows));
		if (name === "flags") return readInt32(chunk, new Uint8Array(this.rows));
		if (name === "value") return readDouble(chunk);
		if (column !== "visitor" && column !== "id") return readInt64(chunk);
		const halves = this.#halves.get(column) ?? readHalves(chunk);
		this.#halves.set(column, halves);
		return name.endsWith("_hi") ? halves.hi : halves.lo;
	}

	/** A field as `Segment.read` gives it. */
	text(field: string): TextColumn {
		if (field === "props" && this.#hasOwnProps) return readRows(this.#wholeProps(), this.rows);
		const prop = propOf(field);
		if (prop === null) return textOf(this.encoded(textColumn(field)));
		const own = this.#props.find(({ name }) => name === prop);
		return own === undefined ? propOfJson(textOf(this.encoded("props")), prop) : this.ownProp(own);
	}

	/** A field whose strings are made when they are asked for. */
	lazyText(field: string): LazyText {
		return field === "props" && this.#hasOwnProps ? this.#wholeProps() : this.encoded(textColumn(field));
	}

	/** A text column with its dictionary in bytes. */
	encoded(column: string): EncodedText {
		const chunk = this.#chunks.get(column);
		if (chunk === undefined) return new EncodedText(new Uint16Array(this.rows), { bytes: new Uint8Array(0), count: 0 });
		return readText(chunk);
	}

	/** A declared prop's column, numbers as their text. */
	ownProp({ name, kind }: Segment["propColumns"][number]): TextColumn {
		const chunk = this.#chunks.get(propColumn(name));
		if (kind !== "double" || chunk === undefined) return textOf(this.encoded(propColumn(name)));
		return textOfNumbers(readDouble(chunk));
	}

	/** A declared prop's numbers, NaN where there are none. */
	propNumbers(name: string): Float64Array {
		const hasNumbers = this.#props.some((prop) => prop.name === name && prop.kind === "double");
		const chunk = this.#chunks.get(propColumn(name));
		return !hasNumbers || chunk === undefined ? new Float64Array(this.rows).fill(Number.NaN) : readDouble(chunk);
	}

	get #hasOwnProps(): boolean {
		return this.#props.some(({ kind }) => kind !== null);
	}

	/** The JSON that was split when the segment was written. */
	#wholeProps(): JoinedProps {
		const columns = this.#props.map((prop) => {
			const { values, index } = this.ownProp(prop);
			const json = prop.kind === "double" ? values : values.map((text) => JSON.stringify(text));
			return { name: prop.name, json, index };
		});
		return new JoinedProps(textOf(this.encoded("props")), columns);
	}
}

/** A text of each row by a code, and the text of a code, "" = missing. */
export interface LazyText {
	/** All codes are smaller. */
	readonly size: number;
	code(row: number): number;
	value(code: number): string;
}

/** All rows' texts. */
function readRows(text: LazyText, rows: number): TextColumn {
	const column = new TextBuilder(rows);
	for (let row = 0; row < rows; row++) column.set(row, text.value(text.code(row)));
	return column;
}

const textOf = (text: EncodedText): TextColumn => ({ values: text.values(), index: text.index });

/** Numbers as text, "" for NaN. */
function textOfNumbers(numbers: Float64Array): TextColumn {
	const values = [""];
	const known = new Map<number, number>();
	const index = new Uint32Array(numbers.length);
	for (let i = 0; i < index.length; i++) {
		const number = numbers[i] as number;
		if (Number.isNaN(number)) continue;
		let code = known.get(number);
		if (code === undefined) {
			code = values.push(String(number)) - 1;
			known.set(number, code);
		}
		index[i] = code;
	}
	return { values, index };
}

/** A source whose last bytes are read once. */
class TailedSource implements RangeSource {
	readonly size: number;
	readonly #source: RangeSource;
	#tail: { start: number; bytes: ArrayBuffer } | null = null;

	constructor(source: RangeSource) {
		this.#source = source;
		this.size = source.size;
	}

	/** The file's end, from where its metadata begins or earlier. */
	async footer(): Promise<ArrayBuffer> {
		const { size } = this;
		const start = Math.max(0, size - TAIL_BYTES);
		const bytes = await this.#source.read(start, size);
		if (bytes.byteLength !== size - start || bytes.byteLength < TRAILER_BYTES) throw new RangeError("no segment");
		this.#tail = { start, bytes };
		const length = new DataView(bytes).getUint32(bytes.byteLength - TRAILER_BYTES, true) + TRAILER_BYTES;
		if (length > size) throw new RangeError("no segment");
		return length <= bytes.byteLength ? bytes : await this.#source.read(size - length, size);
	}

	async read(start: number, end: number): Promise<ArrayBuffer> {
		const tail = this.#tail;
		if (tail === null || start < tail.start) return this.#source.read(start, end);
		return tail.bytes.slice(start - tail.start, end - tail.start);
	}
}

function groupOf({ num_rows, columns }: FileMetaData["row_groups"][number]): Group {
	const chunks = new Map<string, ChunkPlace>();
	const bounds = new Map<string, { min: number; max: number }>();
	for (const { meta_data } of columns) {
		if (meta_data === undefined) throw new RangeError("a segment's chunk says nothing of itself");
		const name = meta_data.path_in_schema.join(".");
		const { codec, statistics, dictionary_page_offset, data_page_offset, total_compressed_size, num_values } =
			meta_data;
		if (codec !== "SNAPPY" && codec !== "UNCOMPRESSED") throw new RangeError(`codec ${codec}`);
		const start = Number(dictionary_page_offset ?? data_page_offset);
		const nulls = statistics?.null_count;
		chunks.set(name, {
			start,
			end: start + Number(total_compressed_size),
			compressed: codec === "SNAPPY",
			defined: nulls === undefined ? -1 : Number(num_values - nulls),
		});
		bounds.set(name, { min: Number(statistics?.min_value), max: Number(statistics?.max_value) });
	}
	const { slot, ts } = { slot: bounds.get("slot"), ts: bounds.get("ts") };
	if (slot === undefined || ts === undefined) throw new RangeError("a segment lacks slot or ts");
	const stats = { rows: Number(num_rows), minSlot: slot.min, maxSlot: slot.max, minTs: ts.min, maxTs: ts.max };
	return { stats, chunks };
}

/** Ranges that cover these places, neighbours in one. */
function coalesce(places: readonly ChunkPlace[]): { start: number; end: number }[] {
	const ranges: { start: number; end: number }[] = [];
	for (const { start, end } of [...places].sort((a, b) => a.start - b.start)) {
		const last = ranges.at(-1);
		if (last !== undefined && start - last.end <= GAP_BYTES) last.end = Math.max(last.end, end);
		else ranges.push({ start, end });
	}
	return ranges;
}
