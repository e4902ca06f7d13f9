/**
 * Typed arrays into column chunks: one data page each, because a row group is skipped or read as a whole. hyparquet-
 * writer's own columns take a JavaScript value for every cell and look each up in a dictionary; ours come with
 * dictionaries already, so only the page header, the runs and the compression are its.
 */
import type { ColumnMetaData, CompressionCodec, Encoding, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import type { TextColumn } from "../core/scan/rows.ts";

/** Writes a chunk and says what the footer must know of it. */
export type ChunkWriter = (to: ByteWriter) => Omit<ColumnMetaData, "path_in_schema">;

interface Cells {
	readonly type: ColumnMetaData["type"];
	readonly codec: CompressionCodec;
	/** Rows, nulls among them. */
	readonly rows: number;
	readonly nulls: number;
	/** 1 for every row that has a value; null for a required column. */
	readonly defined: Uint8Array | null;
	/** PLAIN bytes and their number, or null. */
	readonly dictionary: { bytes: Uint8Array; count: number } | null;
	/** PLAIN bytes of the values, or their places in the dictionary. */
	readonly values: Uint8Array;
	readonly statistics: Statistics;
}

function writeChunk(to: ByteWriter, cells: Cells): Omit<ColumnMetaData, "path_in_schema"> {
	const start = to.offset;
	const { dictionary, codec } = cells;
	const dictionaryBytes = dictionary === null ? 0 : writeDictionary(to, dictionary, codec);
	const dataStart = to.offset;
	const encoding: Encoding = dictionary === null ? "PLAIN" : "RLE_DICTIONARY";
	const dataBytes = writeData(to, cells, encoding);
	return {
		type: cells.type,
		codec,
		encodings: dictionary === null ? ["PLAIN"] : ["PLAIN", "RLE_DICTIONARY"],
		num_values: BigInt(cells.rows),
		total_compressed_size: BigInt(to.offset - start),
		total_uncompressed_size: BigInt(dictionaryBytes + dataBytes),
		data_page_offset: BigInt(dataStart),
		...(dictionary === null ? {} : { dictionary_page_offset: BigInt(start) }),
		statistics: { ...cells.statistics, null_count: BigInt(cells.nulls) },
	};
}

const compress = (bytes: Uint8Array, codec: CompressionCodec) => (codec === "SNAPPY" ? snappyCompress(bytes) : bytes);

/** Answers the page's bytes before compression, its header among them. */
function writeDictionary(
	to: ByteWriter,
	{ bytes, count }: { bytes: Uint8Array; count: number },
	codec: CompressionCodec,
) {
	const start = to.offset;
	const compressed = compress(bytes, codec);
	writePageHeader(to, {
		type: "DICTIONARY_PAGE",
		uncompressed_page_size: bytes.length,
		compressed_page_size: compressed.length,
		dictionary_page_header: { num_values: count, encoding: "PLAIN" },
	});
	const header = to.offset - start;
	to.appendBytes(compressed);
	return header + bytes.length;
}

/** The same for the data page, format version 2: levels lie before the values, never compressed. */
function writeData(to: ByteWriter, { defined, rows, nulls, values, codec }: Cells, encoding: Encoding): number {
	const start = to.offset;
	const levels = new ByteWriter();
	if (defined !== null) writeRleBitPackedHybrid(levels, defined, 1);
	const compressed = compress(values, codec);
	writePageHeader(to, {
		type: "DATA_PAGE_V2",
		uncompressed_page_size: levels.offset + values.length,
		compressed_page_size: levels.offset + compressed.length,
		data_page_header_v2: {
			num_values: rows,
			num_nulls: nulls,
			num_rows: rows,
			encoding,
			definition_levels_byte_length: levels.offset,
			repetition_levels_byte_length: 0,
			is_compressed: codec !== "UNCOMPRESSED",
		},
	});
	const header = to.offset - start;
	to.appendBytes(levels.getBytes());
	to.appendBytes(compressed);
	return header + levels.offset + values.length;
}

const asBytes = (words: Uint32Array | Int32Array | Float64Array) =>
	new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** INT64 out of hashes. They have no order that anyone could use, so no statistics. */
export function writeHashes(hi: ArrayLike<number>, lo: ArrayLike<number>, rows: number, codec: CompressionCodec) {
	const words = new Uint32Array(2 * rows);
	for (let i = 0; i < rows; i++) {
		words[2 * i] = lo[i] as number;
		words[2 * i + 1] = hi[i] as number;
	}
	return writeWords(words, codec, {});
}

/** INT64 out of times, epoch ms: uncompressed, because Snappy finds next to nothing in them. */
export function writeTimes(numbers: ArrayLike<number>, rows: number): ChunkWriter {
	const { min, max } = boundsOf(numbers, rows);
	const statistics = { min_value: BigInt(min), max_value: BigInt(max) };
	return writeWords(int64Words(numbers, rows), "UNCOMPRESSED", statistics);
}

/** INT64 as pairs of words, the lower first: what Parquet has on disk, without a BigInt for each. */
function writeWords(words: Uint32Array, codec: CompressionCodec, statistics: Statistics): ChunkWriter {
	return (to) =>
		writeChunk(to, {
			type: "INT64",
			codec,
			rows: words.length / 2,
			nulls: 0,
			defined: null,
			dictionary: null,
			values: asBytes(words),
			statistics,
		});
}

const HIGH = 2 ** 32;

/** Whole numbers, to ± 2^53, as pairs of words. */
function int64Words(numbers: ArrayLike<number>, rows: number): Uint32Array {
	const out = new Uint32Array(2 * rows);
	for (let i = 0; i < rows; i++) {
		const x = numbers[i] as number;
		const hi = Math.floor(x / HIGH);
		out[2 * i] = x - hi * HIGH;
		out[2 * i + 1] = hi;
	}
	return out;
}

export function boundsOf(numbers: ArrayLike<number>, rows: number): { min: number; max: number } {
	let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (let i = 0; i < rows; i++) {
		const x = numbers[i] as number;
		if (x < min) min = x;
		if (x > max) max = x;
	}
	return { min, max };
}

/** INT32 (slots, flags) or INT64 (journal offsets) with few different values: by dictionary. */
export function writeFew(type: "INT32" | "INT64", numbers: ArrayLike<number>, rows: number): ChunkWriter {
	return (to) => {
		const places = new Map<number, number>();
		const codes = new Uint32Array(rows);
		for (let i = 0; i < rows; i++) {
			const x = numbers[i] as number;
			const place = places.get(x) ?? places.size;
			if (place === places.size) places.set(x, place);
			codes[i] = place;
		}
		const values = [...places.keys()];
		const { min, max } = boundsOf(values, values.length);
		const isInt32 = type === "INT32";
		return writeChunk(to, {
			type,
			codec: "SNAPPY",
			rows,
			nulls: 0,
			defined: null,
			dictionary: {
				bytes: asBytes(isInt32 ? Int32Array.from(values) : int64Words(values, values.length)),
				count: values.length,
			},
			values: hybrid(codes, values.length),
			statistics: isInt32 ? { min_value: min, max_value: max } : { min_value: BigInt(min), max_value: BigInt(max) },
		});
	};
}

/** DOUBLE, with NaN as null. */
export function writeDoubles(numbers: Float64Array): ChunkWriter {
	return (to) => {
		const defined = Uint8Array.from(numbers, (x) => (Number.isNaN(x) ? 0 : 1));
		const values = numbers.filter((x) => !Number.isNaN(x));
		return writeChunk(to, {
			type: "DOUBLE",
			codec: "SNAPPY",
			rows: numbers.length,
			nulls: numbers.length - values.length,
			defined,
			dictionary: null,
			values: asBytes(values),
			statistics: values.length === 0 ? {} : doubleStatistics(values),
		});
	};
}

/** A bound of zero has the sign that takes in both zeros, says the format. */
function doubleStatistics(values: Float64Array): Statistics {
	const { min, max } = boundsOf(values, values.length);
	return { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max };
}

/** Strings by dictionary, in the order in which they are met, with "" as null. */
export function writeTexts({ values, index }: TextColumn): ChunkWriter {
	return (to) => {
		const places = new Int32Array(values.length).fill(-1);
		const defined = new Uint8Array(index.length);
		const codes = new Uint32Array(index.length);
		const used: string[] = [];
		let count = 0;
		for (let i = 0; i < index.length; i++) {
			const at = index[i] as number;
			const text = values[at] as string;
			if (text === "") continue;
			let place = places[at] as number;
			if (place < 0) {
				place = used.push(text) - 1;
				places[at] = place;
			}
			defined[i] = 1;
			codes[count++] = place;
		}
		return writeChunk(to, {
			type: "BYTE_ARRAY",
			codec: "SNAPPY",
			rows: index.length,
			nulls: index.length - count,
			defined,
			dictionary: { bytes: plainTexts(used), count: used.length },
			values: hybrid(codes.subarray(0, count), used.length),
			statistics: {},
		});
	};
}

/** Places in a dictionary: the width of one in bits, then runs and bit-packed groups. */
function hybrid(codes: Uint32Array | Int32Array, size: number): Uint8Array {
	const width = size > 1 ? 32 - Math.clz32(size - 1) : 0;
	const out = new ByteWriter(codes.length);
	out.appendUint8(width);
	writeRleBitPackedHybrid(out, codes, width);
	return out.getBytes();
}

const encoder = new TextEncoder();

/** Each string's length in bytes, and its UTF-8. */
function plainTexts(texts: readonly string[]): Uint8Array {
	// 3 bytes a code unit at most.
	const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 4 + 3 * text.length, 0));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const text of texts) {
		const length = encodeInto(text, bytes, at + 4);
		view.setUint32(at, length, true);
		at += 4 + length;
	}
	return bytes.subarray(0, at);
}

/** Most are ASCII, for which a loop beats the call to the encoder. */
function encodeInto(text: string, bytes: Uint8Array, at: number): number {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code > 0x7f) return encoder.encodeInto(text, bytes.subarray(at)).written;
		bytes[at + i] = code;
	}
	return text.length;
}
