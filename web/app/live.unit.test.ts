import fc from "fast-check";
import { expect, test } from "vitest";
import { subscriptionText } from "./live/topic.ts";
import { Live, type Watch } from "./live.ts";
import type { Clock } from "./model/throttle.ts";

/** A network in place of the browser's: sockets that the test answers. */
class FakeSocket {
	onopen: (() => void) | null = null;
	onmessage: ((message: { data: string }) => void) | null = null;
	onclose: (() => void) | null = null;
	readonly path: string;
	readonly protocols: string[];
	readonly sent: string[] = [];
	closed = false;
	constructor(path: string, protocols: string[]) {
		this.path = path;
		this.protocols = protocols;
	}
	send(text: string) {
		this.sent.push(text);
	}
	close() {
		this.closed = true;
	}
	get params() {
		return new URLSearchParams(this.path.split("?")[1]);
	}
	/** The subscriptions that it was opened with; the server calls them s0, s1 … */
	get subs() {
		return this.params.getAll("sub").map((text) => JSON.parse(text) as Record<string, unknown>);
	}
	hear(frame: object | string) {
		this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
	}
	hello() {
		this.onopen?.();
		this.hear({ t: "hello", v: 1, cursor: "1-1", behind_ms: 120, subs: this.subs.map((_, i) => `s${i}`) });
	}
	delta(cursor: string, value: number, i = 0) {
		this.hear({ t: "delta", sub: `s${i}`, cursor, series: [series(value)], behind_ms: 90, at: 1_000_000 });
	}
	snapshot(cursor: string, value: number, i = 0) {
		const meta = { behind_ms: 90 };
		this.hear({ t: "snapshot", sub: `s${i}`, cursor, series: [series(value)], meta, at: 1_000_000 });
	}
	snapshots(cursor: string) {
		this.subs.forEach((_, i) => {
			this.snapshot(cursor, 0, i);
		});
	}
}
const series = (value: number, group: Record<string, string> = {}) => ({
	group,
	points: [["2026-11-22T10:00:00Z", value]],
	total: value,
});

function setup(protocols = ["nowcast.v1", "rk_test"], query = "") {
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
	const live = new Live(
		() => protocols,
		() => query,
		(path, offered) => {
			const socket = new FakeSocket(path, offered);
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
	return { live, sockets, advance, last };
}

const COUNT: Watch = { metric: "*", measure: "count" };
const UNIQUES: Watch = { metric: "*", measure: "uniques" };

/** One watch whose socket said hello and its snapshot. */
function connected() {
	const all = setup();
	const seen: unknown[] = [];
	const stop = all.live.watch(COUNT, { points: (points, whole) => seen.push([points[0]?.[1], whole]) });
	all.advance(10);
	all.last().hello();
	return { ...all, seen, stop };
}

test("the key travels as a subprotocol and never in the address", () => {
	const { live, advance, last } = setup();
	live.watch({ ...COUNT, filters: [{ dim: "country", op: "in", values: ["DE"] }] }, {});
	advance(10);
	expect(last().protocols).toEqual(["nowcast.v1", "rk_test"]);
	expect(last().path).not.toContain("rk_test");
	expect(last().params.get("metric")).toBe("*");
	expect(last().subs).toEqual([{ measure: "count", filters: [{ dim: "country", op: "in", values: ["DE"] }] }]);
});

test("a session has its cookie, and says which site in the address", () => {
	const { live, advance, last } = setup(["nowcast.v1"], "site=s1");
	live.watch(COUNT, {});
	advance(10);
	expect(last().protocols).toEqual(["nowcast.v1"]);
	expect(last().params.get("site")).toBe("s1");
});

test("values are handed on as they are, with how far behind they were", () => {
	const { live, last, seen } = connected();
	expect(live.connection.value).toBe("live");
	last().delta("1-2", 7);
	expect(seen).toEqual([[7, false]]);
	expect(live.behindMs.value).toBe(90);
});

test("groups are handed on whole", () => {
	const { live, last, advance } = setup();
	const seen: unknown[] = [];
	live.watch({ ...COUNT, groupBy: ["country"] }, { series: (all, whole) => seen.push([all, whole]) });
	advance(10);
	last().hello();
	const groups = [series(3, { country: "DE" }), series(2, { country: "FR" })];
	last().hear({ t: "delta", sub: "s0", cursor: "1-2", series: groups, behind_ms: 0, at: 1 });
	expect(seen).toEqual([[groups, false]]);
});

test("a lost socket comes back by itself and resumes from its cursor", () => {
	const { live, last, advance, sockets } = connected();
	last().snapshots("1-8");
	last().delta("1-9", 1);
	last().onclose?.();
	expect(live.connection.value).toBe("reconnecting");
	advance(700);
	expect(sockets).toHaveLength(2);
	expect(last().params.get("cursor")).toBe("1-9");
	last().hello();
	expect(live.connection.value).toBe("live");
});

test("what a hello announced and no frame told yet is not skipped by a resume", () => {
	const { last, advance } = connected();
	last().onclose?.();
	advance(700);
	expect(last().params.has("cursor")).toBe(false);
});

test("after a resync the old cursor is not used again, and history is asked anew", () => {
	const { live, last, advance } = setup();
	const resyncs = [0, 0];
	live.watch(COUNT, { resync: () => resyncs[0]++ });
	live.watch(UNIQUES, { resync: () => resyncs[1]++ });
	advance(10);
	last().hello();
	last().snapshots("1-1");
	last().hear({ t: "resync", sub: "s1", reason: "too old" });
	expect(resyncs).toEqual([0, 1]);
	last().onclose?.();
	advance(1_000);
	expect(last().params.get("cursor")).toBe("1-1,");
});

test("a silent connection is pinged, and given up when nothing answers", () => {
	const { last, advance, sockets } = connected();
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
	const { live, last, advance, sockets } = connected();
	last().hear({ t: "error", problem: { status: 401 } });
	last().onclose?.();
	advance(60_000);
	expect(sockets).toHaveLength(1);
	expect(live.connection.value).toBe("refused");
});

test("a server error is tried again, later and later", () => {
	const { last, advance, sockets } = connected();
	for (let n = 1; n < 6; n++) {
		last().hear({ t: "error", problem: { status: 503 } });
		last().onclose?.();
		advance(200 + 500 * 2 ** n);
		expect(sockets).toHaveLength(n + 1);
	}
});

test("a watch that ended leaves nothing behind", () => {
	const { stop, last, advance, sockets } = connected();
	stop();
	last().onclose?.();
	advance(60_000);
	expect(sockets).toHaveLength(1);
	expect(last().closed).toBe(true);
});

test("what is the default stays out of the query", () => {
	expect(subscriptionText({ ...UNIQUES, filters: [], groupBy: [] })).toBe('{"measure":"uniques"}');
});

test("watches of one metric share a socket, and each hears its own", () => {
	const { live, advance, last, sockets } = setup();
	const seen: string[] = [];
	live.watch(COUNT, { points: (points) => seen.push(`count ${points[0]?.[1]}`) });
	live.watch(UNIQUES, { points: (points) => seen.push(`uniques ${points[0]?.[1]}`) });
	live.watch({ metric: "purchase", measure: "sum" }, {});
	advance(10);
	expect(sockets.map(({ params, subs }) => [params.get("metric"), subs.length])).toEqual([
		["*", 2],
		["purchase", 1],
	]);
	const [first] = sockets;
	first?.hello();
	first?.delta("1-2", 5, 1);
	first?.delta("1-2", 9, 0);
	expect(seen).toEqual(["uniques 5", "count 9"]);
	expect(last().params.get("metric")).toBe("purchase");
});

test("measures of sessions come from another object, by a socket of their own", () => {
	const { live, advance, sockets } = setup();
	live.watch(COUNT, {});
	live.watch({ metric: "*", measure: "bounce_rate" }, {});
	advance(10);
	expect(sockets).toHaveLength(2);
});

test("equal watches are one subscription, and one that comes later has a snapshot too", () => {
	const { live, advance, last, sockets } = setup();
	const seen: string[] = [];
	const watcher = (name: string) => ({ points: (_: unknown, whole: boolean) => seen.push(`${name} ${whole}`) });
	live.watch(COUNT, watcher("a"));
	live.watch({ ...COUNT, filters: [] }, watcher("b"));
	advance(10);
	expect(last().subs).toHaveLength(1);
	last().hello();
	last().snapshots("1-1");
	last().delta("1-2", 1);
	expect(seen).toEqual(["a true", "b true", "a false", "b false"]);
	live.watch(COUNT, watcher("c"));
	advance(100);
	expect(sockets).toHaveLength(2);
	expect(last().params.has("cursor")).toBe(false);
	seen.length = 0;
	last().hello();
	last().snapshots("1-2");
	expect(seen).toEqual(["a true", "b true", "c true"]);
});

test("a larger set is another socket: what is known resumes, what is new has a snapshot, nothing is missed between", () => {
	const { live, advance, last, sockets, seen } = connected();
	last().snapshots("1-1");
	live.watch(UNIQUES, {});
	const [old] = sockets;
	last().delta("1-5", 5);
	advance(100);
	expect(last().subs.map((sub) => sub.measure)).toEqual(["count", "uniques"]);
	expect(last().params.get("cursor")).toBe("1-5,");
	// Until the new one speaks the old one is heard.
	old?.delta("1-6", 6);
	expect(seen.at(-1)).toEqual([6, false]);
	expect(old?.closed).toBe(false);
	last().hello();
	expect(old?.closed).toBe(true);
	last().delta("1-6", 6, 0);
	expect(live.connection.value).toBe("live");
	expect(sockets).toHaveLength(2);
});

test("what joins while a socket is on its way waits for its hello", () => {
	const { live, advance, last, sockets } = setup();
	live.watch(COUNT, {});
	advance(10);
	live.watch(UNIQUES, {});
	advance(1_000);
	expect(sockets).toHaveLength(1);
	last().hello();
	expect(last().subs).toHaveLength(2);
	expect(sockets[0]?.closed).toBe(false);
});

test("a smaller set keeps its socket, and the next one is without what went", () => {
	const { live, advance, last, sockets } = connected();
	const stop = live.watch(UNIQUES, {});
	advance(100);
	last().hello();
	stop();
	advance(1_000);
	expect(sockets).toHaveLength(2);
	last().onclose?.();
	advance(700);
	expect(last().subs.map((sub) => sub.measure)).toEqual(["count"]);
});

test("a larger set that does not come through leaves the old socket alone, and is tried again", () => {
	const { live, advance, last, sockets } = connected();
	const [old] = sockets;
	live.watch(UNIQUES, {});
	advance(100);
	last().onclose?.();
	expect(live.connection.value).toBe("live");
	advance(1_300);
	expect(sockets).toHaveLength(3);
	expect(old?.closed).toBe(false);
	last().hello();
	expect(old?.closed).toBe(true);
});

test("a subscription that is refused is left out, and the others come at once", () => {
	const { live, advance, last, sockets } = setup();
	const refused: unknown[] = [];
	live.watch(COUNT, { refused: () => refused.push("count") });
	live.watch(UNIQUES, { refused: (problem) => refused.push(problem.status) });
	advance(10);
	last().hear({ t: "error", sub: "y", subs: ["x", "y"], problem: { status: 422 } });
	expect(refused).toEqual([422]);
	expect(sockets).toHaveLength(2);
	expect(last().subs.map((sub) => sub.measure)).toEqual(["count"]);
	last().hello();
	expect(live.connection.value).toBe("live");
});

test("a ninth subscription of a metric takes a second socket, and leaves the first as it is", () => {
	const { live, advance, sockets } = setup();
	for (let limit = 1; limit <= 8; limit++) live.watch({ ...COUNT, limit }, {});
	advance(10);
	sockets[0]?.hello();
	live.watch({ ...COUNT, limit: 9 }, {});
	advance(200);
	expect(sockets.map(({ subs }) => subs.length)).toEqual([8, 1]);
	expect(sockets[0]?.closed).toBe(false);
});

test("whatever comes and goes, the open sockets bring all that is watched, at most eight each, and nobody hears another's", () => {
	const step = fc.record({ what: fc.constantFrom("watch", "stop", "wait", "hello", "lose"), n: fc.nat(13) });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const { live, advance, sockets } = setup();
			const stops: { text: string; stop: () => void }[] = [];
			const open = () => sockets.filter(({ closed }) => !closed);
			const hello = () => {
				for (const socket of open()) {
					socket.hello();
					socket.subs.forEach(({ limit }, i) => {
						socket.snapshot("1-1", Number(limit), i);
					});
				}
			};
			for (const { what, n } of steps) {
				if (what === "watch") {
					const watch = { ...COUNT, limit: n + 1 };
					const points: NonNullable<Parameters<Live["watch"]>[1]["points"]> = (told) =>
						expect(told[0]?.[1]).toBe(n + 1);
					stops.push({ text: subscriptionText(watch), stop: live.watch(watch, { points }) });
				} else if (what === "stop") stops.splice(n % (stops.length || 1), 1)[0]?.stop();
				else if (what === "wait") advance(n * 20);
				else if (what === "hello") hello();
				else open().at(-1)?.onclose?.();
			}
			for (let i = 0; i < 3; i++) {
				advance(40_000);
				hello();
			}
			const brought = open().flatMap(({ subs }) => subs.map((sub) => JSON.stringify(sub)));
			for (const { subs } of sockets) expect(subs.length).toBeLessThanOrEqual(8);
			for (const { text } of stops) expect(brought).toContain(text);
			if (stops.length === 0) expect(open()).toEqual([]);
		}),
	);
});
