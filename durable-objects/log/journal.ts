/**
 * The form of a journal row: one group commit. Everything downstream is a pure function of these bytes.
 *
 *   u8 version · 7 bytes 0 · f64 commit time, epoch ms · frames, each: u32 kind · u32 length · payload, padded to 8
 *
 * Everything is aligned to 8 bytes, so that the columns of an event table are views of the row as SQLite returns it.
 * Definitions come first and hold for the whole row. A kind that is not known is an error: to pass over it would fold
 * less than was journaled.
 */
import { decodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventTable } from "../../schema/event.ts";
import { type Reason, TenantConfig } from "../../schema/metric.ts";

export const FRAME = {
	/** A table of EVENT_LAYOUT. */
	events: 1,
	/** A table of SESSION_LAYOUT: what the row's events changed. */
	sessions: 2,
	/** JSON: the TenantConfig that holds from this row on. */
	definitions: 3,
	/** JSON: events that did not count, by reason. */
	counts: 4,
	/** A table of FUNNEL_LAYOUT: what the row's events changed. */
	funnels: 5,
} as const;

export interface Frame {
	kind: (typeof FRAME)[keyof typeof FRAME];
	bytes: Uint8Array;
}

export type Counts = Partial<Record<Reason, number>>;

/** A row, read. */
export interface JournalRow {
	/** When it was committed, epoch ms. */
	at: number;
	config: TenantConfig | null;
	events: EventTable[];
	/** Encoded: a replay has no use for them. */
	sessions: Uint8Array[];
	funnels: Uint8Array[];
	counts: Counts | null;
}

/** Most bytes of a row. The platform's limit is 2 MB a row or blob, not enforced locally. */
export const ROW_BYTES = 1_900_000;

const VERSION = 1;
const ROW_HEADER = 16;
const FRAME_HEADER = 8;
const padded = (bytes: number) => (bytes + 7) & ~7;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const jsonFrame = (kind: Frame["kind"], value: unknown): Frame => ({
	kind,
	bytes: encoder.encode(JSON.stringify(value)),
});

/** Bytes that a frame takes in a row. */
export const frameBytes = (frame: Frame) => FRAME_HEADER + padded(frame.bytes.length);

export function encodeRow(at: number, frames: readonly Frame[]): Uint8Array {
	const length = frames.reduce((sum, frame) => sum + frameBytes(frame), ROW_HEADER);
	if (length > ROW_BYTES) throw new RangeError(`a journal row of ${length} bytes`);
	const out = new Uint8Array(length);
	const view = new DataView(out.buffer);
	view.setUint8(0, VERSION);
	view.setFloat64(8, at, true);
	let offset = ROW_HEADER;
	for (const frame of frames) {
		view.setUint32(offset, frame.kind, true);
		view.setUint32(offset + 4, frame.bytes.length, true);
		out.set(frame.bytes, offset + FRAME_HEADER);
		offset += frameBytes(frame);
	}
	return out;
}

/** Splits frames into rows that each keep ROW_BYTES, in order: nearly always one. */
export function splitFrames(frames: readonly Frame[]): Frame[][] {
	const rows: Frame[][] = [];
	let row: Frame[] = [];
	let length = ROW_HEADER;
	for (const frame of frames) {
		if (row.length > 0 && length + frameBytes(frame) > ROW_BYTES) {
			rows.push(row);
			row = [];
			length = ROW_HEADER;
		}
		row.push(frame);
		length += frameBytes(frame);
	}
	rows.push(row);
	return rows;
}

/** Reads a row. Throws RangeError on broken bytes and on what a newer version wrote. */
export function decodeRow(bytes: Uint8Array): JournalRow {
	const frames = framesOf(bytes);
	return readFrames(committedAt(bytes), frames);
}

/** When a row was committed, epoch ms. */
export function committedAt(bytes: Uint8Array): number {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(8, true);
}

/** The event tables of a row, encoded. */
export function eventTables(bytes: Uint8Array): Uint8Array[] {
	return framesOf(bytes)
		.filter(({ kind }) => kind === FRAME.events)
		.map((frame) => frame.bytes);
}

function framesOf(bytes: Uint8Array): Frame[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < ROW_HEADER) throw new RangeError("a journal row is cut short");
	if (view.getUint8(0) !== VERSION) throw new RangeError(`unknown journal row version ${view.getUint8(0)}`);
	const frames: Frame[] = [];
	for (let at = ROW_HEADER; at < bytes.length; ) {
		const kind = view.getUint32(at, true);
		const length = view.getUint32(at + 4, true);
		if (at + FRAME_HEADER + length > bytes.length) throw new RangeError("a journal row is cut short");
		frames.push({ kind: kind as Frame["kind"], bytes: bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + length) });
		at += FRAME_HEADER + padded(length);
	}
	return frames;
}

/** What the frames of a row say. */
export function readFrames(at: number, frames: readonly Frame[]): JournalRow {
	const row: JournalRow = { at, config: null, events: [], sessions: [], funnels: [], counts: null };
	for (const { kind, bytes } of frames) {
		if (kind === FRAME.events) row.events.push(decodeTable(EVENT_LAYOUT, bytes));
		else if (kind === FRAME.sessions) row.sessions.push(bytes);
		else if (kind === FRAME.funnels) row.funnels.push(bytes);
		else if (kind === FRAME.definitions) row.config = TenantConfig.parse(JSON.parse(decoder.decode(bytes)));
		else if (kind === FRAME.counts) row.counts = JSON.parse(decoder.decode(bytes)) as Counts;
		else throw new RangeError(`unknown journal frame ${kind}`);
	}
	return row;
}
