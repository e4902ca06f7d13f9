import { expect, test } from "vitest";
import { Live, liveQuery } from "./live.ts";
import type { Clock } from "./model/throttle.ts";

/** A network in place of the browser's: sockets that the test answers. */
class FakeSocket extends EventTarget {
	onopen: (() => void) | null = null;
	onmessage: ((message: { data: string }) => void) | null = null;
	onclose: (() => void) | null = null;
	readonly sent: string[] = [];
	closed = false;
	send(text: string) {
		this.sent.push(text);
	}
	close() {
		this.closed = true;
	}
	hear(frame: object | string) {
		this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
	}
}

function setup() {
	let now = 1_000_000;
	let jobs: { at: number; work: () => void }[] = [];
	const clock: Clock = {
		now: () => now,
		after: (ms, work) => {
			const job = { at: now + ms, work };
			jobs.push(job);
			return () => {
				jobs = jobs.filter((j) => j !== job);
			};
		},
	};
	const advance = (ms: number) => {
		const end = now + ms;
		for (;;) {
			const next = jobs.filter((j) => j.at <= end).sort((a, b) => a.at - b.at)[0];
			if (!next) break;
			jobs = jobs.filter((j) => j !== next);
			now = next.at;
			next.work();
		}
		now = end;
	};
	const sockets: FakeSocket[] = [];
	const asked: { path: string; protocols: string[] }[] = [];
	const live = new Live(
		"rk_test",
		(path, protocols) => {
			asked.push({ path, protocols });
			const socket = new FakeSocket();
			sockets.push(socket);
			return socket as unknown as WebSocket;
		},
		clock,
	);
	const last = () => {
		const socket = sockets.at(-1);
		if (!socket) throw new Error("no socket was opened");
		return socket;
	};
	return { live, sockets, asked, advance, last, clock };
}

const hello = { t: "hello", v: 1, cursor: "c1", behind_ms: 120 };
const delta = (cursor: string, value: number) => ({
	t: "delta",
	cursor,
	series: [{ group: {}, points: [["2026-11-22T10:00:00Z", value]], total: value }],
	behind_ms: 90,
	at: 1_000_000,
});

test("the key travels as a subprotocol and never in the address", () => {
	const { live, asked } = setup();
	live.watch({ metric: "*", measure: "count", filters: [{ dim: "country", op: "in", values: ["DE"] }] }, {});
	expect(asked[0]?.protocols).toEqual(["nowcast.v1", "rk_test"]);
	expect(asked[0]?.path).not.toContain("rk_test");
	expect(new URLSearchParams(asked[0]?.path.split("?")[1]).get("filter")).toBe(
		'[{"dim":"country","op":"in","values":["DE"]}]',
	);
});

test("values are handed on as they are, with how far behind they were", () => {
	const { live, last } = setup();
	const seen: unknown[] = [];
	live.watch({ metric: "*", measure: "count" }, { points: (points, whole) => seen.push([points[0]?.[1], whole]) });
	last().onopen?.();
	last().hear(hello);
	expect(live.connection.value).toBe("live");
	last().hear(delta("c2", 7));
	expect(seen).toEqual([[7, false]]);
	expect(live.behindMs.value).toBe(90);
});

test("a lost socket comes back by itself and resumes from its cursor", () => {
	const { live, last, advance, sockets, asked } = setup();
	live.watch({ metric: "*", measure: "count" }, {});
	last().onopen?.();
	last().hear(hello);
	last().hear(delta("c9", 1));
	last().onclose?.();
	expect(live.connection.value).toBe("reconnecting");
	advance(700);
	expect(sockets).toHaveLength(2);
	expect(asked[1]?.path).toBe(`${asked[0]?.path}&cursor=c9`);
	last().onopen?.();
	last().hear({ ...hello, cursor: "c12" });
	expect(live.connection.value).toBe("live");
});

test("what a hello announced and no frame told yet is not skipped by a resume", () => {
	const { live, last, advance, asked } = setup();
	live.watch({ metric: "*", measure: "count" }, {});
	last().onopen?.();
	last().hear(hello);
	last().onclose?.();
	advance(700);
	expect(asked[1]?.path).not.toContain("cursor");
});

test("after a resync the old cursor is not used again, and history is asked anew", () => {
	const { live, last, advance, asked } = setup();
	let resyncs = 0;
	live.watch({ metric: "*", measure: "count" }, { resync: () => resyncs++ });
	last().onopen?.();
	last().hear(hello);
	last().hear(delta("c2", 1));
	last().hear({ t: "resync", reason: "too old" });
	last().onclose?.();
	advance(1_000);
	expect(resyncs).toBe(1);
	expect(asked[1]?.path).not.toContain("cursor");
});

test("a silent connection is pinged, and given up when nothing answers", () => {
	const { live, last, advance, sockets } = setup();
	live.watch({ metric: "*", measure: "count" }, {});
	last().onopen?.();
	last().hear(hello);
	advance(20_000);
	expect(last().sent).toEqual(["ping"]);
	last().hear("pong");
	advance(20_000);
	advance(8_000);
	expect(sockets[0]?.closed).toBe(true);
	advance(700);
	expect(sockets).toHaveLength(2);
});

test("a refused question is not asked again", () => {
	const { live, last, advance, sockets } = setup();
	live.watch({ metric: "*", measure: "count" }, {});
	last().onopen?.();
	last().hear({ t: "error", problem: { status: 401 } });
	last().onclose?.();
	advance(60_000);
	expect(sockets).toHaveLength(1);
	expect(live.connection.value).toBe("refused");
});

test("a server error is tried again", () => {
	const { live, last, advance, sockets } = setup();
	live.watch({ metric: "*", measure: "count" }, {});
	last().onopen?.();
	last().hear({ t: "error", problem: { status: 503 } });
	last().onclose?.();
	advance(700);
	expect(sockets).toHaveLength(2);
});

test("a watch that ended leaves nothing behind", () => {
	const { live, last, advance, sockets } = setup();
	const stop = live.watch({ metric: "*", measure: "count" }, {});
	last().onopen?.();
	stop();
	last().onclose?.();
	advance(60_000);
	expect(sockets).toHaveLength(1);
	expect(last().closed).toBe(true);
});

test("defaults stay out of the query", () => {
	expect(liveQuery({ metric: "*", measure: "uniques", filters: [], groupBy: [] })).toBe("metric=*&measure=uniques");
});
