import { describe, expect, it } from "vitest";
import { MetricState, MINUTE } from "./state.ts";
import { type TestEvent, TestLog } from "./testkit.ts";

const T0 = 1_930_728_000_000;
const at = (ms: number): TestEvent => ({ at: T0 + ms, visitor: "v" });

describe("what is pending", () => {
	it("keeps a row until all of its minutes are folded", () => {
		const state = new MetricState(0, []);
		const log = new TestLog();
		state.offer(log.request([at(0), at(MINUTE)]));
		expect(state.commit().sort()).toEqual([T0, T0 + MINUTE]);
		state.offer(log.request([at(1)]));
		state.commit();
		const first = new Set([T0]);
		expect(state.rowsOnlyOf(first)).toEqual([2]);
		state.folded(first);
		expect(state.rowsOnlyOf(new Set([T0 + MINUTE]))).toEqual([1]);
		expect(state.minutes.get(T0 + MINUTE)?.n).toBe(1);
	});

	it("leaves out at wake what was folded before (I2)", () => {
		const log = new TestLog();
		const { partition, to, span, receivedAt } = log.request([at(0), at(MINUTE)]);
		const state = new MetricState(0, []);
		state.recover(5, [{ partition, to, span, receivedAt }], (minute) => (minute === T0 ? 5 : 0));
		expect([...state.minutes.keys()]).toEqual([T0 + MINUTE]);
		expect(state.n).toBe(5);
		expect(state.rowsOnlyOf(new Set([T0 + MINUTE]))).toEqual([5]);
	});

	it("counts an open tick when it says where a partition stands", () => {
		const state = new MetricState(0, [[0, 10]]);
		const log = new TestLog();
		log.offset = 10;
		const request = log.request([at(0)]);
		expect(state.offer(request)).toBe("queued");
		expect(state.offer(request)).toBe("had");
		expect(state.offer({ ...request, from: 10, to: 12 })).toBe("behind");
		expect(state.held(0)).toBe(11);
		expect(state.held(1)).toBeUndefined();
	});

	it("is folded 10 s after a minute's end; what is late, when the running minute closes", () => {
		const state = new MetricState(0, []);
		const log = new TestLog();
		expect(state.foldDue(T0)).toBeNull();
		state.offer(log.request([at(30_000)]));
		state.commit();
		expect(state.foldDue(T0 + 31_000)).toBe(T0 + 70_000);
		expect(state.closed(T0 + 69_999)).toEqual([]);
		expect(state.closed(T0 + 70_000)).toEqual([T0]);
		const late = new MetricState(0, []);
		late.offer(new TestLog().request([at(-60 * MINUTE)]));
		late.commit();
		expect(late.foldDue(T0 + 31_000)).toBe(T0 + 70_000);
		expect(late.foldDue(T0 + 5_000)).toBe(T0 + 10_000);
	});
});
