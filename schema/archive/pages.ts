/**
 * Parquet pages into typed arrays, for the types and encodings that segments have. hyparquet's own decoder makes a
 * JavaScript value (a BigInt, a string, a Date) of every cell; here a cell is a number in a typed array, and a string
 * is made once a dictionary entry.
 * Format: https://parquet.apache.org/docs/file-format/data-pages/
 */
import { snappyUncompress } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** A column chunk's bytes, and what the footer says of it. */
export interface Chunk {
	readonly bytes: Uint8Array;
	readonly compressed: boolean;
	/** Rows, nulls among them. */
	readonly rows: number;
}

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
const HIGH = 2 ** 32;

interface DataPage {
	/** Row it begins at. */
	at: number;
	rows: number;
	nulls: number;
	/** Definition levels, RLE of width 1; empty for a required column. */
	levels: Uint8Array;
	/** Uncompressed. */
	values: Uint8Array;
	dictionary: boolean;
}

interface Pages {
	dictionary: { bytes: Uint8Array; count: number } | null;
	data: DataPage[];
}

function pagesOf(chunk: Chunk): Pages {
	const pages: Pages = { dictionary: null, data: [] };
	const { bytes, rows } = chunk;
	const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
	for (let at = 0; at < rows; ) {
		const header = parquetHeader(reader);
		const body = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size);
		reader.offset += header.compressed_page_size;
		if (header.dictionary_page_header) {
			const { num_values } = header.dictionary_page_header;
			const plain = uncompress(body, header.uncompressed_page_size, chunk.compressed);
			pages.dictionary = { bytes: plain, count: num_values };
			continue;
		}
		const v2 = header.data_page_header_v2;
		if (!v2) throw new RangeError(`a segment has no ${header.type}`);
		if (v2.encoding !== "PLAIN" && v2.encoding !== "RLE_DICTIONARY") throw new RangeError(`encoding ${v2.encoding}`);
		const levelBytes = v2.definition_levels_byte_length;
		pages.data.push({
			at,
			rows: v2.num_values,
			nulls: v2.num_nulls,
			levels: body.subarray(0, levelBytes),
			values: uncompress(
				body.subarray(levelBytes),
				header.uncompressed_page_size - levelBytes,
				chunk.compressed && v2.is_compressed !== false,
			),
			dictionary: v2.encoding === "RLE_DICTIONARY",
		});
		at += v2.num_values;
	}
	return pages;
}

function uncompress(bytes: Uint8Array, length: number, compressed: boolean): Uint8Array {
	if (!compressed) return bytes;
	const out = new Uint8Array(length);
	if (length > 0) snappyUncompress(bytes, out);
	return out;
}

/** Cells of `width` 32-bit words each (INT32, FLOAT: 1; INT64, DOUBLE: 2), of a column without nulls. */
function wordsOf(chunk: Chunk, width: 1 | 2): Uint32Array {
	const { dictionary, data } = pagesOf(chunk);
	const out = new Uint32Array(chunk.rows * width);
	for (const page of data) {
		if (page.nulls > 0) throw new RangeError("null in a required column");
		const to = out.subarray(page.at * width, (page.at + page.rows) * width);
		if (page.dictionary) spread(codesOf(page, new Uint32Array(page.rows)), alignedWords(dictionary?.bytes), to, width);
		else asBytes(to).set(page.values.subarray(0, to.byteLength));
	}
	return out;
}

const asBytes = (words: Uint32Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** A copy, because a page begins anywhere. */
function alignedWords(bytes: Uint8Array | undefined): Uint32Array {
	if (bytes === undefined) throw new RangeError("a chunk has no dictionary");
	const words = new Uint32Array(bytes.length >> 2);
	asBytes(words).set(bytes.subarray(0, words.byteLength));
	return words;
}

function spread(codes: Uint32Array, dictionary: Uint32Array, to: Uint32Array, width: 1 | 2): void {
	if (width === 1) {
		for (let i = 0; i < codes.length; i++) to[i] = dictionary[codes[i] as number] as number;
		return;
	}
	for (let i = 0; i < codes.length; i++) {
		const code = codes[i] as number;
		to[2 * i] = dictionary[2 * code] as number;
		to[2 * i + 1] = dictionary[2 * code + 1] as number;
	}
}

/** INT32 cells. */
export function readInt32<T extends Uint8Array | Uint16Array>(chunk: Chunk, out: T): T {
	out.set(wordsOf(chunk, 1));
	return out;
}

/** INT64 cells by their halves. */
export function readHalves(chunk: Chunk): { hi: Uint32Array; lo: Uint32Array } {
	const words = wordsOf(chunk, 2);
	const hi = new Uint32Array(chunk.rows);
	const lo = new Uint32Array(chunk.rows);
	for (let i = 0; i < hi.length; i++) {
		lo[i] = words[2 * i] as number;
		hi[i] = words[2 * i + 1] as number;
	}
	return { hi, lo };
}

/** INT64 cells as numbers: exact to ± 2^53. */
export function readInt64(chunk: Chunk): Float64Array {
	const words = wordsOf(chunk, 2);
	const out = new Float64Array(chunk.rows);
	for (let i = 0; i < out.length; i++) {
		out[i] = ((words[2 * i + 1] as number) | 0) * HIGH + (words[2 * i] as number);
	}
	return out;
}

/** DOUBLE cells, NaN for null. */
export function readDouble(chunk: Chunk): Float64Array {
	const out = new Float64Array(chunk.rows).fill(Number.NaN);
	for (const page of pagesOf(chunk).data) {
		if (page.dictionary) throw new RangeError("doubles in a dictionary");
		const words = alignedWords(page.values);
		const values = new Float64Array(words.buffer, 0, page.rows - page.nulls);
		if (page.nulls === 0) {
			out.set(values, page.at);
			continue;
		}
		const defined = levelsOf(page);
		let next = 0;
		for (let i = 0; i < page.rows; i++) {
			if (defined[i] === 1) out[page.at + i] = values[next++] as number;
		}
	}
	return out;
}

/** A text column with its dictionary still in bytes: whoever needs few of its strings makes only those. */
export class EncodedText {
	/** Of each row, 0 = missing, else 1 + the place in the dictionary. */
	readonly index: Uint16Array | Uint32Array;
	readonly #bytes: Uint8Array;
	/** Where each string begins, and one more: 4 bytes (the next one's length) before it, this one ends. */
	readonly #starts: Uint32Array;

	constructor(index: Uint16Array | Uint32Array, dictionary: { bytes: Uint8Array; count: number }) {
		this.index = index;
		this.#bytes = dictionary.bytes;
		this.#starts = startsOf(dictionary.bytes, dictionary.count);
	}

	/** Entries, the missing one among them. */
	get size(): number {
		return this.#starts.length;
	}

	code(row: number): number {
		return this.index[row] as number;
	}

	/** The string of a code. It keeps nothing else of the page in memory. */
	value(code: number): string {
		return code === 0 ? "" : decoder.decode(this.#bytes.subarray(this.#start(code - 1), this.#start(code) - 4));
	}

	/** All strings, by index. Decoded at once and cut up, because a call to the decoder costs more than a string. */
	values(): string[] {
		const values = new Array<string>(this.size);
		values[0] = "";
		const packed = this.#packed();
		const text = decoder.decode(packed);
		let at = 0;
		for (let code = 1, byte = 0; code < values.length; code++) {
			const bytes = this.#start(code) - 4 - this.#start(code - 1);
			const units = text.length === packed.length ? bytes : unitsIn(packed, byte, byte + bytes);
			values[code] = text.slice(at, at + units);
			at += units;
			byte += bytes;
		}
		return values;
	}

	/** The strings' bytes without the lengths between them. */
	#packed(): Uint8Array {
		const packed = new Uint8Array(this.#bytes.length - 4 * (this.size - 1));
		let at = 0;
		for (let code = 1; code < this.size; code++) {
			const [from, to] = [this.#start(code - 1), this.#start(code) - 4];
			for (let byte = from; byte < to; byte++) packed[at++] = this.#bytes[byte] as number;
		}
		return packed;
	}

	#start(place: number): number {
		return this.#starts[place] as number;
	}
}

function startsOf(bytes: Uint8Array, count: number): Uint32Array {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const starts = new Uint32Array(count + 1);
	let at = 4;
	for (let i = 0; i < count; i++) {
		starts[i] = at;
		at += view.getUint32(at - 4, true) + 4;
	}
	starts[count] = at;
	return starts;
}

/** UTF-16 units of valid UTF-8: one a character, two of those that take four bytes. */
function unitsIn(bytes: Uint8Array, from: number, to: number): number {
	let units = 0;
	for (let i = from; i < to; i++) {
		const byte = bytes[i] as number;
		if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
	}
	return units;
}

/** BYTE_ARRAY cells of a dictionary. */
export function readText(chunk: Chunk): EncodedText {
	const { dictionary, data } = pagesOf(chunk);
	const count = dictionary?.count ?? 0;
	const index = count < 0xffff ? new Uint16Array(chunk.rows) : new Uint32Array(chunk.rows);
	for (const page of data) {
		const to = index.subarray(page.at, page.at + page.rows);
		if (page.nulls === page.rows) continue;
		if (!page.dictionary) throw new RangeError("texts without a dictionary");
		codesOf(page, to);
		if (page.nulls === 0) for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + 1;
		else makeRoom(to, levelsOf(page), page.rows - page.nulls);
	}
	return new EncodedText(index, dictionary ?? { bytes: new Uint8Array(0), count: 0 });
}

/** Moves the first `count` codes to the rows that have one, as index (code + 1), from the back so that none is lost. */
function makeRoom(to: Uint16Array | Uint32Array, defined: Uint8Array, count: number): void {
	let next = count;
	for (let i = to.length - 1; i >= 0; i--) to[i] = defined[i] === 1 ? (to[--next] as number) + 1 : 0;
}

/** 1 for every row that has a value. */
const levelsOf = (page: DataPage) => readHybrid(page.levels, 0, 1, new Uint8Array(page.rows), page.rows);

/** Places in the dictionary of the rows that have a value, one after another. The first byte says how wide they are. */
function codesOf<T extends Uint16Array | Uint32Array>(page: DataPage, out: T): T {
	return readHybrid(page.values, 1, page.values[0] ?? 0, out, page.rows - page.nulls);
}

/** Bits that fit the accumulator together with a byte's rest. */
const MAX_WIDTH = 24;

/** The hybrid of runs and bit-packed groups of eight: https://parquet.apache.org/docs/file-format/data-pages/encodings/ */
function readHybrid<T extends Uint8Array | Uint16Array | Uint32Array>(
	bytes: Uint8Array,
	from: number,
	width: number,
	out: T,
	count: number,
): T {
	if (width > MAX_WIDTH) throw new RangeError(`dictionary codes of ${width} bits`);
	const reader = { bytes, at: from };
	for (let done = 0; done < count; ) {
		const header = readVarint(reader);
		const run = Math.min((header & 1) === 1 ? (header >>> 1) * 8 : header >>> 1, count - done);
		if (run === 0) throw new RangeError("a page is cut short");
		if ((header & 1) === 1) {
			unpack(bytes, reader.at, width, out, done, run);
			reader.at += (header >>> 1) * width;
		} else {
			out.fill(readRun(reader, width), done, done + run);
		}
		done += run;
	}
	return out;
}

interface Reader {
	readonly bytes: Uint8Array;
	at: number;
}

function readVarint(reader: Reader): number {
	let value = 0;
	for (let shift = 0; shift < 32; shift += 7) {
		const byte = reader.bytes[reader.at++] ?? 0;
		value |= (byte & 0x7f) << shift;
		if (byte < 0x80) break;
	}
	return value >>> 0;
}

function readRun(reader: Reader, width: number): number {
	let value = 0;
	for (let shift = 0; shift < width; shift += 8) value |= (reader.bytes[reader.at++] ?? 0) << shift;
	return value;
}

function unpack(
	bytes: Uint8Array,
	from: number,
	width: number,
	out: Uint8Array | Uint16Array | Uint32Array,
	to: number,
	count: number,
) {
	const mask = (1 << width) - 1;
	let held = 0;
	let bits = 0;
	let at = from;
	for (let i = to; i < to + count; i++) {
		while (bits < width) {
			held |= (bytes[at++] as number) << bits;
			bits += 8;
		}
		out[i] = held & mask;
		held >>>= width;
		bits -= width;
	}
}
