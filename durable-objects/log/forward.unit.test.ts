import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { decodeTable, encodeTable } from "../../schema/core/columns.ts";
import { decodeSpan, encodeSpan, type Window } from "../../schema/core/window.ts";
import { EVENT_COLUMNS, EVENT_LAYOUT, type EventRow } from "../../schema/event.ts";
import type { ApplyAnswer, ApplyRequest } from "../rpc.ts";
import { Cut, foldRow, type Minutes, metricsOf } from "./fold.ts";
import { Forwarder, type PlacedRow } from "./forward.ts";
import type { Forwarded } from "./store.ts";

const cut = new Cut({ version: 1, metrics: ["a", "b"], dimensions: [], currency: null });
const EMPTY = Object.fromEntries(
	Object.entries(EVENT_COLUMNS).map(([name, type]) => [name, type === "str" ? undefined : 0]),
) as unknown as EventRow;

function placed(offset: number, names: readonly string[]): PlacedRow {
	const rows = names.map((name, i) => ({
		...EMPTY,
		name,
		ts: (offset % 3) * 60_000,
		visitor_hi: offset,
		visitor_lo: i,
	}));
	const events = [decodeTable(EVENT_LAYOUT, encodeTable(EVENT_LAYOUT, rows))];
	return { offset, row: { at: offset, config: null, events, sessions: [], funnels: [], counts: null }, cut };
}

/** The receiving end of the protocol, as the contract has it, for any number of metrics. */
class Receivers {
	readonly held = new Map<string, number>();
	readonly windows = new Map<string, Minutes>();

	apply(metric: string, { from, to, span }: ApplyRequest): ApplyAnswer {
		const held = this.held.get(metric);
		if (held !== undefined && to <= held) return { status: "applied", offset: held, nextMs: 0 };
		if (held !== undefined && from !== held) return { status: "behind", offset: held };
		const windows = this.windows.get(metric) ?? new Map<number, Window>();
		for (const [minute, window] of decodeSpan(span)) {
			const there = windows.get(minute);
			if (there === undefined) windows.set(minute, window);
			else there.merge(window);
		}
		this.windows.set(metric, windows);
		this.held.set(metric, to);
		return { status: "applied", offset: to, nextMs: 0 };
	}
}

const step = fc.oneof(
	fc.record({
		do: fc.constant("commit" as const),
		names: fc.array(fc.constantFrom("a", "b", "x"), { minLength: 1, maxLength: 3 }),
	}),
	fc.record({ do: fc.constantFrom("fail" as const, "lose" as const, "answer" as const) }),
	fc.record({ do: fc.constantFrom("store" as const, "wake" as const, "pull" as const) }),
);

describe("Forwarder", () => {
	it("I2: whatever fails, is lost, or is forgotten, each row is in each metric exactly once", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
				const journal: PlacedRow[] = [];
				const receivers = new Receivers();
				let trouble: "fail" | "lose" | "answer" = "answer";
				let stored: Forwarded = { offset: 0, lanes: {} };
				const deps = {
					partition: 0,
					now: () => 0,
					schedule: () => {},
					read: (after: number) => journal.slice(after, after + 2),
					apply: async (metric: string, request: ApplyRequest) => {
						if (trouble === "fail") throw new Error("not reached");
						const answer = receivers.apply(metric, request);
						if (trouble === "lose") throw new Error("the answer was lost");
						return answer;
					},
				};
				const wake = () => {
					const active = new Set(journal.slice(stored.offset).flatMap(({ row }) => [...metricsOf(row, cut)]));
					return new Forwarder(deps, journal.length, stored, active);
				};
				let forwarder = wake();
				for (const s of steps) {
					if (s.do === "commit") {
						const row = placed(journal.length + 1, s.names);
						journal.push(row);
						forwarder.committed(row);
						forwarder.pump();
					} else if (s.do === "store") stored = forwarder.forwarded();
					else if (s.do === "wake") {
						forwarder.stop();
						forwarder = wake();
					} else if (s.do === "pull") await forwarder.pull("a").catch(() => {});
					else trouble = s.do;
				}
				trouble = "answer";
				while (!(await forwarder.flush()));
				const windows = new Map<string, Minutes>();
				for (const { row } of journal) {
					foldRow(row, cut, (metric) => {
						if (!windows.has(metric)) windows.set(metric, new Map());
						return windows.get(metric) ?? null;
					});
				}
				expect([...receivers.windows.keys()].sort()).toEqual([...windows.keys()].sort());
				for (const [metric, minutes] of windows) {
					expect(encodeSpan(receivers.windows.get(metric) ?? new Map())).toEqual(encodeSpan(minutes));
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("sends the first row after a pause at once, and the next not before the metric object wants it", async () => {
		let now = 1000;
		const sent: number[] = [];
		let wanted: number | null = null;
		const forwarder = new Forwarder(
			{
				partition: 0,
				now: () => now,
				schedule: (ms) => {
					wanted = ms;
				},
				read: () => [],
				apply: async (metric, { to }) => {
					if (metric === "*") sent.push(to);
					return { status: "applied", offset: to, nextMs: 250 };
				},
			},
			0,
			{ offset: 0, lanes: {} },
			new Set(),
		);
		const commit = (offset: number) => {
			forwarder.committed(placed(offset, ["a"]));
			forwarder.pump();
		};
		const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
		commit(1);
		await settled();
		expect(sent).toEqual([1]);
		now += 100;
		commit(2);
		commit(3);
		await settled();
		expect(sent).toEqual([1]);
		expect(wanted).toBe(150);
		now += 150;
		forwarder.pump();
		await settled();
		expect(sent).toEqual([1, 3]);
	});

	it("after a pull sends the next row at once, however long the metric object wanted none", async () => {
		let wanted: number | null = null;
		const sent: number[] = [];
		const answers: (() => void)[] = [];
		const forwarder = new Forwarder(
			{
				partition: 0,
				now: () => 1000,
				schedule: (ms) => {
					wanted = ms;
				},
				read: () => [],
				apply: async (_, { to }) => {
					sent.push(to);
					if (to === 3) await new Promise<void>((resolve) => answers.push(resolve));
					return { status: "applied", offset: to, nextMs: 5000 };
				},
			},
			0,
			{ offset: 0, lanes: {} },
			new Set(),
		);
		const commit = (offset: number) => {
			const row = { at: offset, config: null, events: [], sessions: [], funnels: [], counts: { bot: 1 } };
			forwarder.committed({ offset, row, cut });
			forwarder.pump();
		};
		const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
		commit(1);
		await settled();
		await forwarder.pull("ingest"); // Nothing waits.
		commit(2);
		await settled();
		expect(sent).toEqual([1, 2]);
		// What comes while a pull is answered waits for that answer, and not for the 5 s that it asks for.
		commit(3);
		expect(wanted).toBe(5000);
		const pulled = forwarder.pull("ingest");
		await settled();
		commit(4);
		answers[0]?.();
		await pulled;
		await settled();
		expect(sent).toEqual([1, 2, 3, 4]);
	});
});
