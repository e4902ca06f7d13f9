/**
 * How fast segments are written, read and merged: `node --expose-gc bench/scan-read.ts [rows]` (a million). One core,
 * bytes in memory: what a store adds is latency, which a scan hides by reading several groups at once.
 */
import { mergeSegments } from "../schema/archive/merge.ts";
import { Segment } from "../schema/archive/read.ts";
import { events, memorySource, sourcesOf } from "../schema/archive/testing.ts";
import { type SegmentSource, writeSegment } from "../schema/archive/write.ts";
import type { NumberColumn } from "../schema/core/scan/rows.ts";

const ROWS = Number(process.argv[2] ?? 1_000_000);
/** Rows that a log seals at once. */
const SEALED_ROWS = 100_000;
const PROPS = ["plan"];
const COLLECT = globalThis.gc ?? (() => {});

/** Highest memory beyond what was there before, sampled where the loop lets us: at the end of each step. */
function memory(): number {
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
}

const perRow = (ms: number, rows: number) => `${((ms * 1000) / rows).toFixed(2)} µs/row`;
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function tables(part: number): SegmentSource[] {
	const rows = Math.min(SEALED_ROWS, ROWS - part * SEALED_ROWS);
	return sourcesOf(events({ seed: part + 1, rows, eventsPerVisitor: (rows * 12) / ROWS }), 400, 1 + part * 1000);
}

async function write(): Promise<Segment[]> {
	const segments: Segment[] = [];
	let ms = 0;
	let bytes = 0;
	let most = 0;
	for (let part = 0; part * SEALED_ROWS < ROWS; part++) {
		const sources = tables(part);
		COLLECT();
		const before = memory();
		const start = performance.now();
		const segment = writeSegment(sources, PROPS);
		ms += performance.now() - start;
		most = Math.max(most, memory() - before);
		bytes += segment.bytes.length;
		segments.push(await Segment.open(memorySource(segment.bytes)));
	}
	console.log(`write        ${perRow(ms, ROWS)}, ${(bytes / ROWS).toFixed(1)} bytes a row`);
	console.log(`             memory grew by at most ${megabytes(most)} (garbage included)`);
	return segments;
}

async function merge(segments: readonly Segment[]): Promise<Segment[]> {
	COLLECT();
	const before = memory();
	let most = 0;
	const start = performance.now();
	const merged: Uint8Array[] = [];
	const timer = setInterval(() => {
		most = Math.max(most, memory() - before);
	}, 5);
	for await (const { bytes } of mergeSegments(segments, { maxRows: 250_000 })) {
		merged.push(bytes);
		most = Math.max(most, memory() - before);
	}
	clearInterval(timer);
	const ms = performance.now() - start;
	console.log(`merge        ${perRow(ms, ROWS)} from ${segments.length} segments, into ${merged.length}`);
	console.log(`             memory grew by at most ${megabytes(most)} (garbage and outputs included)`);
	return Promise.all(merged.map((bytes) => Segment.open(memorySource(bytes))));
}

async function read(what: string, segments: readonly Segment[], numbers: NumberColumn[], texts: string[]) {
	let best = Number.POSITIVE_INFINITY;
	let rows = 0;
	for (let round = 0; round < 5; round++) {
		const start = performance.now();
		rows = 0;
		for (const segment of segments) {
			for (let group = 0; group < segment.groups.length; group++) {
				rows += (await segment.read(group, numbers, texts)).rows;
			}
		}
		best = Math.min(best, performance.now() - start);
	}
	console.log(`${what.padEnd(34)} ${(rows / best / 1000).toFixed(1)} M rows/s`);
}

const sealed = await write();
const merged = await merge(sealed);
const VISITOR: NumberColumn[] = ["visitor_hi", "visitor_lo"];
await read("read visitor, ts, name", merged, [...VISITOR, "ts"], ["name"]);
await read("read visitor, ts, name, flags", merged, [...VISITOR, "ts", "flags"], ["name"]);
await read("  of sealed segments", sealed, [...VISITOR, "ts", "flags"], ["name"]);
await read("read name (count)", merged, [], ["name"]);
await read("read visitor", merged, VISITOR, []);
await read("read ts", merged, ["ts"], []);
await read("read value", merged, ["value"], []);
await read("read path", merged, [], ["path"]);
await read("read props.plan (own column)", merged, [], ["props.plan"]);
await read("read props.step (from JSON)", merged, [], ["props.step"]);
await read("read session_id", merged, [], ["session_id"]);
await read("read id (text)", merged, [], ["id"]);
