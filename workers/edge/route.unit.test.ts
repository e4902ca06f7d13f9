import { describe, expect, it } from "vitest";
import { type AppendAnswer, type AppendRequest, CODE } from "../../durable-objects/rpc.ts";
import { decodeTable, rowAt } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventRow } from "../../schema/event.ts";
import { partitionOf } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import { type Logs, route, type Share, shares } from "./route.ts";

const EMPTY = Object.fromEntries(
	EVENT_LAYOUT.names.map((n) => [n, EVENT_LAYOUT.spec[n] === "str" ? undefined : 0]),
) as unknown as EventRow;
const row = (id: string, slot: number): EventRow => ({ ...EMPTY, id, slot });
const ROWS = [row("a", 0), row("b", 4_095), row("c", 1_024), row("d", 1), row("e", 4_094)];

const config = (epoch: number, partitions: TenantConfig["partitions"]): TenantConfig => ({
	version: 3,
	metrics: [],
	dimensions: [],
	epoch,
	partitions,
	zone: "UTC",
	week_start: "monday",
	currency: null,
});

/** What each log is told, and what it answers. */
function logs(
	answer: (partition: number, ids: string[], request: AppendRequest) => AppendAnswer,
	more: Partial<Logs> = {},
) {
	const seen: { partition: number; ids: string[]; epoch: number; counts: unknown }[] = [];
	const spilled: Share[] = [];
	const it: Logs = {
		config: async (anew) => (anew ? config(2, 16) : config(1, 4)),
		async append(partition, request) {
			const table = decodeTable(EVENT_LAYOUT, request.batch);
			const ids = Array.from({ length: table.rows }, (_, i) => rowAt(EVENT_LAYOUT, table, i).id ?? "");
			seen.push({ partition, ids, epoch: request.epoch, counts: request.counts });
			return answer(partition, ids, request);
		},
		async spill(share) {
			spilled.push(share);
		},
		...more,
	};
	return { it, seen, spilled };
}
const ok = (codes: number[]): AppendAnswer => ({ status: "ok", codes: Uint8Array.from(codes) });
const allOk = (_: number, ids: string[]) => ok(ids.map(() => CODE.accepted));
const refuses = async (share: Share): Promise<void> => {
	throw new Problem(503, "log_unavailable", `partition ${share.partition}`, { retryAfter: 2 });
};

describe("routing", () => {
	it("gives each partition its slots' rows, in the order of the batch", () => {
		expect(shares(ROWS, 4).map(({ partition, at }) => [partition, at])).toEqual([
			[0, [0, 3]],
			[3, [1, 4]],
			[1, [2]],
		]);
		for (const share of shares(ROWS, 64)) {
			expect(share.rows.every((r) => partitionOf(r.slot, 64) === share.partition)).toBe(true);
		}
	});

	it("answers each row with its own code", async () => {
		const { it: to } = logs((partition, ids) =>
			ok(
				ids.map((_, i) => (partition === 3 && i === 1 ? CODE.late : partition === 1 ? CODE.duplicate : CODE.accepted)),
			),
		);
		expect([...(await route(ROWS, {}, to))]).toEqual([
			CODE.accepted,
			CODE.accepted,
			CODE.duplicate,
			CODE.accepted,
			CODE.late,
		]);
	});

	it("sends counts once", async () => {
		const { it: to, seen } = logs(allOk);
		await route(ROWS, { invalid: 2 }, to);
		expect(seen.filter((s) => s.counts !== undefined)).toEqual([expect.objectContaining({ counts: { invalid: 2 } })]);
	});

	it("follows slots that have moved, once, and keeps codes and counts with their rows", async () => {
		const {
			it: to,
			seen,
			spilled,
		} = logs((_, ids, request) =>
			request.epoch === 1
				? { status: "moved", epoch: 2 }
				: ok(ids.map((id) => (id === "e" ? CODE.late : CODE.accepted))),
		);
		const codes = await route(ROWS, { bot: 1 }, to);
		expect([...codes]).toEqual([0, 0, 0, 0, CODE.late]);
		const second = seen.filter((s) => s.epoch === 2);
		expect(second.flatMap((s) => s.ids).sort()).toEqual(["a", "b", "c", "d", "e"]);
		for (const { partition, ids } of second) {
			for (const id of ids) expect(partitionOf(ROWS.find((r) => r.id === id)?.slot ?? -1, 16)).toBe(partition);
		}
		expect(second.filter((s) => s.counts)).toHaveLength(1);
		expect(spilled).toEqual([]);
	});

	it("spills what moved again", async () => {
		const { it: to, spilled } = logs(() => ({ status: "moved", epoch: 9 }));
		await route(ROWS, {}, to);
		expect(spilled.flatMap((s) => s.rows.map((r) => r.id)).sort()).toEqual(["a", "b", "c", "d", "e"]);
	});
});

describe("I1: acked is durable", () => {
	it("spills the share of a log that is busy or does not answer, and only that", async () => {
		const { it: to, spilled } = logs((partition, ids) => {
			if (partition === 0) throw new Error("overloaded");
			return partition === 1 ? { status: "busy", retryAfter: 3 } : allOk(partition, ids);
		});
		await route(ROWS, { bot: 1 }, to);
		expect(spilled.map((s) => [s.partition, s.rows.map((r) => r.id), s.counts]).sort()).toEqual([
			[0, ["a", "d"], { bot: 1 }],
			[1, ["c"], undefined],
		]);
	});

	it("fails the whole batch where one partition neither committed nor spilled, once the others are through", async () => {
		let others = 0;
		const { it: to } = logs(
			(partition, ids) => {
				if (partition === 0) throw new Error("overloaded");
				others++;
				return allOk(partition, ids);
			},
			{ spill: refuses },
		);
		const failure = await route(ROWS, {}, to).catch((error) => error);
		expect(failure).toMatchObject({ status: 503, options: { retryAfter: 2 } });
		expect(others).toBe(2);
	});

	it("spills everything where the directory does not answer, and says no where the site is gone", async () => {
		const down = logs(allOk, { config: () => Promise.reject(new Problem(503, "store_unavailable", "")) });
		await route(ROWS, { bot: 1 }, down.it);
		expect(down.spilled.map((s) => [s.rows.length, s.counts])).toEqual([[5, { bot: 1 }]]);
		const gone = logs(allOk, { config: () => Promise.reject(new Problem(404, "no_site", "")) });
		expect(await route(ROWS, {}, gone.it).catch((error) => error.status)).toBe(404);
		expect(gone.spilled).toEqual([]);
	});
});
