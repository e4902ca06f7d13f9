/**
 * The bytes a metric object stores: window rows and pending rows. Pure, and frozen by fixture (codec.unit.test.ts):
 * a change of either form needs a new version byte, and the old one stays readable.
 */
import { ByteReader, ByteWriter } from "../../schema/core/bytes.ts";
import { SLOT_DIMENSION } from "../../schema/metric.ts";
import type { Section } from "../../schema/rollup.ts";

const VERSION = 1;

/** Columns of a window row, in the order in which they are read most: SQLite reads a row's overflow only as far as asked. */
export const COLUMNS = ["total", "slots", "marginals", "rest"] as const;
export type Column = (typeof COLUMNS)[number];

/** The column that holds a part (schema/rollup.ts, `Section.part`). */
export function columnOf(part: string): Column {
	if (part === "total") return "total";
	if (part === `dim:${SLOT_DIMENSION}`) return "slots";
	return part.startsWith("dim:") ? "marginals" : "rest";
}

/** u8 version · count · each section's part, page, stats, uniques, quantiles. */
export function packSections(sections: readonly Section[]): Uint8Array {
	const w = new ByteWriter();
	w.u8(VERSION);
	w.varint(sections.length);
	for (const s of sections) {
		w.string(s.part);
		w.varint(s.page);
		w.bytes(s.stats);
		w.bytes(s.uniques);
		w.bytes(s.quantiles);
	}
	return w.slice();
}

export function unpackSections(bytes: Uint8Array): Section[] {
	if (bytes.length === 0) return [];
	const r = new ByteReader(bytes);
	r.version(VERSION, "stored");
	const sections: Section[] = [];
	for (let left = r.count(); left > 0; left--) {
		sections.push({ part: r.string(), page: r.varint(), stats: r.bytes(), uniques: r.bytes(), quantiles: r.bytes() });
	}
	return sections;
}

/** A row's blobs together stay under this: half of the platform's 2 MB, which is not enforced locally. */
export const ROW_BYTES = 1_000_000;

export type WindowRow = Partial<Record<Column, Uint8Array>>;

/** Lays a window's sections out in rows: each column's bytes run on from row to row. Mostly this is one row. */
export function toRows(sections: readonly Section[]): WindowRow[] {
	const rows: WindowRow[] = [{}];
	let room = ROW_BYTES;
	for (const column of COLUMNS) {
		const own = sections.filter((s) => columnOf(s.part) === column);
		if (own.length === 0) continue;
		const bytes = packSections(own);
		for (let at = 0; at < bytes.length; ) {
			if (room === 0) {
				rows.push({});
				room = ROW_BYTES;
			}
			const piece = bytes.subarray(at, at + room);
			(rows.at(-1) as WindowRow)[column] = piece;
			at += piece.length;
			room -= piece.length;
		}
	}
	return rows;
}

/** One partition's share of a tick, as a pending row holds it. */
export interface PendingSpan {
	partition: number;
	/** Journal offset up to which the partition is in. */
	to: number;
	receivedAt: number;
	span: Uint8Array;
}

/** u8 version · count · each span's partition, to, receive time, bytes. */
export function encodePending(spans: readonly PendingSpan[]): Uint8Array {
	const w = new ByteWriter();
	w.u8(VERSION);
	w.varint(spans.length);
	for (const s of spans) {
		w.varint(s.partition);
		w.varint(s.to);
		w.f64(s.receivedAt);
		w.bytes(s.span);
	}
	return w.slice();
}

export function decodePending(bytes: Uint8Array): PendingSpan[] {
	const r = new ByteReader(bytes);
	r.version(VERSION, "stored");
	const spans: PendingSpan[] = [];
	for (let left = r.count(); left > 0; left--) {
		spans.push({ partition: r.varint(), to: r.varint(), receivedAt: r.f64(), span: r.bytes() });
	}
	return spans;
}

/** Cuts bytes that may pass a row's size. At least one piece. */
export function pages(bytes: Uint8Array): Uint8Array[] {
	const out: Uint8Array[] = [];
	for (let at = 0; at === 0 || at < bytes.length; at += ROW_BYTES) out.push(bytes.subarray(at, at + ROW_BYTES));
	return out;
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
	if (pieces.length === 1) return pieces[0] as Uint8Array;
	const out = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0));
	let at = 0;
	for (const piece of pieces) {
		out.set(piece, at);
		at += piece.length;
	}
	return out;
}
