import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Cut, foldRow, type Minutes } from "../../durable-objects/log/fold.ts";
import { LogState } from "../../durable-objects/log/state.ts";
import { mergeAll } from "../../durable-objects/metric/windows.ts";
import { Segment } from "../../schema/archive/read.ts";
import { memorySource, tableOf } from "../../schema/archive/testing.ts";
import { writeSegment } from "../../schema/archive/write.ts";
import type { Cell } from "../../schema/core/cell.ts";
import { ALWAYS, gather } from "../../schema/core/scan/gather.ts";
import type { Window } from "../../schema/core/window.ts";
import { HOUR, MINUTE, zoneOf } from "../../schema/core/zone.ts";
import { EVENT_COLUMNS, type EventRow, type EventTable, FLAG } from "../../schema/event.ts";
import { slotOf } from "../../schema/ids.ts";
import { REFOLD_NUMBERS, refold, refoldTexts } from "./refold.ts";

const START = Date.UTC(2026, 10, 1);
/** Hours start at a quarter past in UTC. */
const ZONE = zoneOf("Asia/Kathmandu");
const EMPTY = Object.fromEntries(
	Object.entries(EVENT_COLUMNS).map(([name, type]) => [name, type === "str" ? undefined : 0]),
) as unknown as EventRow;
const cut = new Cut({ version: 1, metrics: ["pageview", "buy"], dimensions: ["plan"], currency: "EUR" });

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const rowArbitrary = fc.record({
	visitor: fc.integer({ min: 1, max: 6 }),
	after: fc.integer({ min: 0, max: 40 * MINUTE }),
	name: some("pageview", "pageview", "buy", "other"),
	value: some(Number.NaN, 1, 2.5),
	currency: some(undefined, "EUR", "USD"),
	country: some("DE", "FR", undefined),
	device: some("mobile", "EUR"),
	path: some("/", "/a", `/${"x".repeat(300)}`),
	referrer: some(undefined, "google.com"),
	flags: some(0, 0, 0, FLAG.passive, FLAG.server, FLAG.bot, FLAG.late),
	props: some(undefined, '{"plan":"pro"}', '{"plan":7,"x":"y"}', '{"plan":true}'),
});

/** Events in the order of time. */
function rowsOf(events: readonly (typeof rowArbitrary extends fc.Arbitrary<infer T> ? T : never)[]): EventRow[] {
	let at = START;
	return events.map(({ visitor, after, ...row }, i) => {
		at += after;
		const visitor_hi = Math.imul(visitor, 0x9e3779b1) >>> 0;
		const key = { visitor_hi, visitor_lo: visitor, slot: slotOf(visitor_hi), id_hi: i, id_lo: i, id: `e${i}` };
		return { ...EMPTY, ts: at, received_at: at, ...key, ...row };
	});
}

type Windows = Map<string, Minutes>;
const into = (windows: Windows) => (metric: string) => {
	const known: Minutes = windows.get(metric) ?? new Map();
	windows.set(metric, known);
	return known;
};

/** What the logs would give, and the objects would make hours of. */
function live(table: EventTable): Windows {
	const state = new LogState();
	const minutes: Windows = new Map();
	const taken = state.take(table, { dimensions: [...cut.declared] }, START, (ids) => ids.map(() => false)).table;
	const sessions = state.sessionTables();
	const row = { at: START, config: null, events: taken ? [taken] : [], sessions, funnels: [], counts: null };
	foldRow(row, cut, into(minutes));
	return new Map(
		[...minutes].map(([metric, windows]) => {
			const hours = Map.groupBy([...windows], ([minute]) => ZONE.startOf("hour", minute));
			return [
				metric,
				new Map(
					[...hours].map(([hour, group]) => [
						hour,
						mergeAll(
							group.map(([, w]) => w),
							"hour",
						) as Window,
					]),
				),
			];
		}),
	);
}

async function rebuilt(table: EventTable, range: { from: number; to: number }): Promise<Windows> {
	const { bytes } = writeSegment([{ table, offset: 1 }], ["plan"]);
	const segment = await Segment.open(memorySource(bytes));
	const texts = refoldTexts(cut);
	const batches = await Promise.all(
		segment.groups.map((_, g) => segment.read(g, [...ALWAYS, ...REFOLD_NUMBERS], texts)),
	);
	const windows: Windows = new Map();
	const buckets = {
		startOf: (t: number) => ZONE.startOf("hour", t),
		next: (t: number) => ZONE.next("hour", t),
		slots: false,
	};
	refold(gather(batches, REFOLD_NUMBERS, texts), range, cut, buckets, into(windows));
	return windows;
}

const cellOf = ({ count, values, sum, min, max, views, bounces, uniques }: Cell) =>
	uniques === null ? { count, sum, views, bounces } : { count, values, sum, min, max, uniques: uniques.count() };
const cellsOf = (cells: ReadonlyMap<string, Cell>) =>
	Object.fromEntries([...cells].filter(([, cell]) => !cell.isEmpty()).map(([label, cell]) => [label, cellOf(cell)]));

/** Everything that a window says. */
const comparable = (windows: Windows, { from, to }: { from: number; to: number }) =>
	Object.fromEntries(
		[...windows].map(([metric, hours]) => [
			metric,
			Object.fromEntries(
				[...hours]
					.filter(([hour, window]) => hour >= from && hour < to && !window.total.isEmpty())
					.map(([hour, window]) => [
						hour,
						{
							total: cellOf(window.total),
							dims: Object.fromEntries([...window.dims].map(([dim, cells]) => [dim, cellsOf(cells)])),
							hits: Object.fromEntries([...window.hits].map(([dim, { cells }]) => [dim, cellsOf(cells)])),
							cube: cellsOf(window.cube),
						},
					]),
			),
		]),
	);

describe("refold", () => {
	it("gives of the archive what the logs gave of the events, hour by hour (I2, I3)", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(rowArbitrary, { minLength: 1, maxLength: 60 }), async (events) => {
				const rows = rowsOf(events);
				const range = { from: ZONE.startOf("hour", START), to: ZONE.next("hour", rows.at(-1)?.ts ?? START) };
				const whole = comparable(await rebuilt(tableOf(rows), range), range);
				const expected = comparable(live(tableOf(rows)), range);
				for (const metric of Object.keys(expected)) expect([metric, whole[metric]]).toEqual([metric, expected[metric]]);
			}),
			{ numRuns: 60 },
		);
	});

	it("passes over a range give together what one pass gives", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(rowArbitrary, { minLength: 1, maxLength: 60 }),
				fc.integer({ min: 1, max: 20 }),
				async (events, hours) => {
					const table = tableOf(rowsOf(events));
					const end = ZONE.next("hour", START + 41 * HOUR);
					const middle = ZONE.next("hour", START + hours * HOUR);
					const range = { from: ZONE.startOf("hour", START), to: end };
					const whole = comparable(await rebuilt(table, range), range);
					const first = comparable(await rebuilt(table, { from: range.from, to: middle }), range);
					const second = comparable(await rebuilt(table, { from: middle, to: end }), range);
					for (const [metric, windows] of Object.entries(whole)) {
						expect({ ...first[metric], ...second[metric] }).toEqual(windows);
					}
				},
			),
			{ numRuns: 30 },
		);
	});
});
