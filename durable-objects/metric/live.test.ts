import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseName, tenantId } from "../../schema/ids.ts";
import { Frame, MAX_SUBSCRIPTIONS, Subscription } from "../../schema/live.ts";
import { CURSOR_HEADER, KEY_HEADER, SUBSCRIPTIONS_HEADER } from "../sockets.ts";
import { directory, metricStub } from "../stubs.ts";
import { sharedBy } from "./keys.ts";
import { keyOf } from "./live.ts";
import { clock } from "./object.ts";
import { MINUTE, type TestEvent, TestLog } from "./testkit.ts";

const HOUR = 60 * MINUTE;
const T0 = Date.parse("2031-03-10T10:00:00Z");
const real = clock.now;
let now = T0;
let serial = 0;
const open: WebSocket[] = [];
beforeEach(() => {
	now = T0 + 30_000;
	clock.now = () => now;
});
afterEach(() => {
	for (const socket of open.splice(0)) socket.close();
	clock.now = real;
});

type Stub = ReturnType<typeof metricStub>;

async function freshMetric(zone = "UTC", metric = "*"): Promise<Stub> {
	const tenant = tenantId(`live_${Date.now().toString(36)}_${serial++}`);
	await directory(env, tenant).configure({ partitions: 1, zone, week_start: "monday", currency: null, dimensions: [] });
	return metricStub(env, tenant, metric);
}

/** A client that reads frames one by one. */
class Viewer {
	readonly socket: WebSocket;
	readonly #frames: unknown[] = [];
	#wake: (() => void) | null = null;
	closed: number | null = null;

	constructor(socket: WebSocket) {
		this.socket = socket;
		socket.addEventListener("message", (event) => {
			this.#frames.push(event.data === "pong" ? "pong" : JSON.parse(String(event.data)));
			this.#wake?.();
		});
		socket.addEventListener("close", (event) => {
			this.closed = event.code;
			this.#wake?.();
		});
		socket.accept();
		open.push(socket);
	}

	async raw(): Promise<unknown> {
		while (this.#frames.length === 0) {
			if (this.closed !== null) throw new Error(`closed with ${this.closed}`);
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
		return this.#frames.shift();
	}

	/** The next frame, which must be of this kind and of the form that schema/live.ts promises. */
	async next<T extends Frame["t"]>(t: T): Promise<Extract<Frame, { t: T }>> {
		const frame = Frame.parse(await this.raw());
		expect(frame.t).toBe(t);
		return frame as Extract<Frame, { t: T }>;
	}

	async end(): Promise<number> {
		while (this.closed === null) {
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
		return this.closed;
	}
}

type Watched = Partial<Subscription>;

async function watch(
	stub: Stub,
	subscriptions: Watched | Watched[] = {},
	cursor?: string,
	keyId?: string,
): Promise<Viewer> {
	const headers = new Headers({ upgrade: "websocket" });
	const parsed = Subscription.array().parse([subscriptions].flat());
	headers.set(SUBSCRIPTIONS_HEADER, encodeURIComponent(JSON.stringify(parsed)));
	if (cursor !== undefined) headers.set(CURSOR_HEADER, cursor);
	if (keyId !== undefined) headers.set(KEY_HEADER, keyId);
	const response = await stub.fetch("https://metric.invalid/live", { headers });
	expect(response.status).toBe(101);
	expect(response.headers.get("sec-websocket-protocol")).toBe("nowcast.v1");
	if (response.webSocket === null) throw new Error("no socket");
	return new Viewer(response.webSocket);
}

async function watchFromStart(stub: Stub, subscription: Partial<Subscription> = {}, keyId?: string) {
	const viewer = await watch(stub, subscription, undefined, keyId);
	await viewer.next("hello");
	return { viewer, snapshot: await viewer.next("snapshot") };
}

const at = (ms: number, visitor = "v1", more: Partial<TestEvent> = {}): TestEvent => ({
	at: T0 + ms,
	visitor,
	...more,
});
/** Points that are not zero. */
const points = (frame: { series: { points: [string, number | null][] }[] }) =>
	frame.series.map((s) => s.points.filter(([, value]) => value !== 0 && value !== null));
const computed = (stub: Stub) => runInDurableObject(stub, (object) => object.framesComputed);

describe("a viewer", () => {
	it("gets hello, a snapshot, and then deltas of the buckets that changed, with absolute values", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(-MINUTE), at(1_000), at(2_000)]));
		const { viewer, snapshot } = await watchFromStart(stub);
		expect(points(snapshot)).toEqual([
			[
				["2031-03-10T09:59:00+00:00", 1],
				["2031-03-10T10:00:00+00:00", 2],
			],
		]);
		expect(snapshot.series[0]).toMatchObject({ total: 3, partial_from: "2031-03-10T10:00:00+00:00" });
		expect(snapshot.meta).toMatchObject({ sources: ["window"], exact: true, error: null, interval: "1m" });
		await stub.apply(log.request([at(3_000)]));
		const delta = await viewer.next("delta");
		expect(delta.series).toEqual([
			{ group: {}, points: [["2031-03-10T10:00:00+00:00", 3]], total: 4, partial_from: "2031-03-10T10:00:00+00:00" },
		]);
		expect(delta.cursor).toBe("0-2");
	});

	it("sees stored and pending parts of one minute together, and totals over folded hours", async () => {
		const stub = await freshMetric("Asia/Kathmandu");
		const log = new TestLog();
		await stub.apply(log.request([at(-3 * HOUR, "a"), at(-2 * HOUR, "b"), at(-MINUTE, "c")]));
		await runDurableObjectAlarm(stub);
		const { viewer, snapshot } = await watchFromStart(stub, { from: "now-6h", measure: "uniques", interval: "5m" });
		expect(snapshot.series[0]?.total).toBeCloseTo(3, 1);
		expect(snapshot.meta).toMatchObject({ exact: false, error: expect.closeTo(0.0081, 4) });
		await stub.apply(log.request([at(-MINUTE + 1, "d"), at(-2 * HOUR + 1, "b")]));
		const delta = await viewer.next("delta");
		expect(points(delta)).toEqual([
			[
				["2031-03-10T13:45:00+05:45", 1],
				["2031-03-10T15:40:00+05:45", 2],
			].map(([t, v]) => [t, expect.closeTo(v as number, 1)]),
		]);
		expect(delta.series[0]?.total).toBeCloseTo(4, 1);
	});

	it("shares frames with everyone who has the same subscription (computed once)", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const viewers = await Promise.all([1, 2, 3].map(() => watchFromStart(stub)));
		const { viewer: other } = await watchFromStart(stub, { measure: "uniques" });
		const before = await computed(stub);
		await stub.apply(log.request([at(1_000)]));
		const frames = await Promise.all(viewers.map(({ viewer }) => viewer.raw()));
		await other.next("delta");
		expect(frames[1]).toEqual(frames[0]);
		expect(frames[2]).toEqual(frames[0]);
		expect((await computed(stub)) - before).toBe(2);
	});

	it("gets many changes in one frame", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const { viewer } = await watchFromStart(stub);
		await stub.apply(log.request([at(1_000)]));
		await viewer.next("delta");
		for (let i = 0; i < 5; i++) await stub.apply(log.request([at(2_000 + i)]));
		expect(points(await viewer.next("delta"))).toEqual([[["2031-03-10T10:00:00+00:00", 6]]]);
	});

	it("resumes from its cursor with what changed since, folded or not", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(-2 * MINUTE)]));
		const { viewer, snapshot } = await watchFromStart(stub);
		viewer.socket.close();
		await stub.apply(log.request([at(-MINUTE)]));
		await stub.apply(log.request([at(1_000)]));
		now = T0 + MINUTE + 10_000;
		await runDurableObjectAlarm(stub);
		await evictDurableObject(stub);
		const expected = [
			[
				["2031-03-10T09:59:00+00:00", 1],
				["2031-03-10T10:00:00+00:00", 1],
			],
		];
		const back = await watch(stub, {}, snapshot.cursor);
		await back.next("hello");
		expect(points(await back.next("delta"))).toEqual(expected);
		back.socket.send(JSON.stringify({ t: "resume", cursor: snapshot.cursor }));
		expect(points(await back.next("delta"))).toEqual(expected);
		back.socket.send(JSON.stringify({ t: "resume", cursor: "0-999" }));
		await back.next("resync");
		await back.next("snapshot");
	});

	it("resumes by groups with all their points, though another viewer was shown them already", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(-2 * MINUTE, "v1", { country: "DE" }), at(-2 * MINUTE, "v2", { country: "US" })]));
		await stub.apply(log.request([at(-2 * MINUTE, "v3", { country: "DE" })]));
		const byCountry = { groupBy: ["country"], limit: 1 };
		const { viewer: first, snapshot } = await watchFromStart(stub, byCountry);
		expect(snapshot.series.map((s) => s.group.country)).toEqual(["DE", "(other)"]);
		// While the first is away, US comes to lead, and another viewer is shown that.
		first.socket.close();
		await stub.apply(log.request([at(-MINUTE, "v4", { country: "US" }), at(-MINUTE, "v5", { country: "US" })]));
		const { viewer: other } = await watchFromStart(stub, byCountry);
		const back = await watch(stub, byCountry, snapshot.cursor);
		await back.next("hello");
		const us = (await back.next("snapshot")).series.find((s) => s.group.country === "US");
		expect(points({ series: us ? [us] : [] })).toEqual([
			[
				["2031-03-10T09:58:00+00:00", 1],
				["2031-03-10T09:59:00+00:00", 2],
			],
		]);
		expect(other.closed).toBeNull();
	});

	it.each([false, true])(
		"gets a snapshot where one who came later was shown other groups, woken: %s",
		async (woken) => {
			const stub = await freshMetric();
			const log = new TestLog();
			const byCountry = { groupBy: ["country"], limit: 1 };
			await stub.apply(log.request([at(-2 * MINUTE, "v1", { country: "DE" })]));
			const { viewer } = await watchFromStart(stub, byCountry);
			await stub.apply(log.request([at(-MINUTE, "a", { country: "US" }), at(-MINUTE, "b", { country: "US" })]));
			await viewer.next("delta");
			if (woken) await evictDurableObject(stub, { webSockets: "hibernate" });
			const { snapshot } = await watchFromStart(stub, byCountry);
			expect(snapshot.series.map((s) => s.group.country)).toEqual(["US", "(other)"]);
			await stub.apply(log.request([at(1_000, "c", { country: "US" })]));
			expect((await viewer.next("snapshot")).series[0]?.points).toContainEqual(["2031-03-10T09:59:00+00:00", 2]);
		},
	);

	it("gets groups, and a new snapshot where another group comes up", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000, "v1", { country: "DE" }), at(1_000, "v2", { country: "FR" })]));
		const { viewer, snapshot } = await watchFromStart(stub, { groupBy: ["country"], limit: 5 });
		expect(snapshot.series.map((s) => s.group.country).sort()).toEqual(["DE", "FR"]);
		await stub.apply(log.request([at(2_000, "v1", { country: "FR" })]));
		const delta = await viewer.next("delta");
		expect(delta.series.map((s) => [s.group.country, s.total])).toContainEqual(["FR", 2]);
		await stub.apply(log.request([at(3_000, "v3", { country: "US" })]));
		const next = await viewer.next("snapshot");
		expect(next.series.map((s) => [s.group.country, s.total])).toContainEqual(["US", 1]);
	});

	it("filters by a dimension", async () => {
		const stub = await freshMetric();
		await stub.apply(new TestLog().request([at(1, "v1", { country: "DE" }), at(2, "v2", { country: "FR" })]));
		const filters = [{ dim: "country", op: "in" as const, values: ["FR"] }];
		for (const folded of [false, true]) {
			if (folded) now = T0 + MINUTE + 10_000;
			if (folded) await runDurableObjectAlarm(stub);
			const { snapshot } = await watchFromStart(stub, { filters });
			expect(points(snapshot)).toEqual([[["2031-03-10T10:00:00+00:00", 1]]]);
			const { snapshot: cube } = await watchFromStart(stub, { filters, groupBy: ["device"] });
			expect(cube.series.map((s) => [s.group, s.total])).toEqual([[{ device: "desktop" }, 1]]);
			const { snapshot: paths } = await watchFromStart(stub, { groupBy: ["path"], measure: "uniques" });
			expect(paths.series.map((s) => [s.group, Math.round(s.total ?? 0)])).toEqual([[{ path: "/" }, 2]]);
		}
	});

	it("of a metric that nobody has sent sees an empty chart", async () => {
		const stub = await freshMetric("UTC", "never");
		const { snapshot } = await watchFromStart(stub, { metric: "never" });
		expect(points(snapshot)).toEqual([[]]);
	});
});

describe("several subscriptions on one socket", () => {
	const nameOf = (watched: Watched) => keyOf(Subscription.parse(watched));
	const COUNT = {};
	const UNIQUES = { measure: "uniques" as const };
	const BY_COUNTRY = { groupBy: ["country"] };
	const FRENCH = { filters: [{ dim: "country", op: "in" as const, values: ["FR"] }] };

	it("hello names them in order, and every frame says whose it is", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000, "v1"), at(1_000, "v2", { country: "FR" })]));
		const asked = [BY_COUNTRY, COUNT, FRENCH, COUNT];
		const viewer = await watch(stub, asked);
		expect((await viewer.next("hello")).subs).toEqual(asked.map(nameOf));
		const totals = [];
		for (let i = 0; i < 3; i++) {
			const { sub, series } = await viewer.next("snapshot");
			totals.push([sub, series.map((s) => s.total)]);
		}
		expect(totals).toEqual([
			[nameOf(BY_COUNTRY), [1, 1]],
			[nameOf(COUNT), [2]],
			[nameOf(FRENCH), [1]],
		]);
		await stub.apply(log.request([at(2_000, "v3", { country: "FR" })]));
		const deltas = [await viewer.next("delta"), await viewer.next("delta"), await viewer.next("delta")];
		expect(deltas.map(({ sub, series }) => [sub, series.at(-1)?.total])).toEqual([
			[nameOf(BY_COUNTRY), 2],
			[nameOf(COUNT), 3],
			[nameOf(FRENCH), 2],
		]);
		expect(new Set(deltas.map(({ cursor }) => cursor)).size).toBe(1);
	});

	it("shares each frame with every socket that has the subscription, however they are combined", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const both = await watch(stub, [COUNT, UNIQUES]);
		const one = await watch(stub, UNIQUES);
		const other = await watch(stub, [FRENCH, UNIQUES]);
		for (const [viewer, n] of [[both, 3] as const, [one, 2] as const, [other, 3] as const])
			for (let i = 0; i < n; i++) await viewer.raw();
		const before = await computed(stub);
		await stub.apply(log.request([at(1_000)]));
		const uniques = [];
		for (const [viewer, n] of [[both, 2] as const, [one, 1] as const, [other, 2] as const])
			for (let i = 0; i < n; i++) {
				const frame = await viewer.next("delta");
				if (frame.sub === nameOf(UNIQUES)) uniques.push(frame);
			}
		expect(uniques).toHaveLength(3);
		expect(uniques[1]).toEqual(uniques[0]);
		expect(uniques[2]).toEqual(uniques[0]);
		expect((await computed(stub)) - before).toBe(3);
	});

	it("resumes each from a cursor of its own: what is new has a snapshot, what is not only what changed", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(-2 * MINUTE, "v1")]));
		const { viewer, snapshot } = await watchFromStart(stub, COUNT);
		viewer.socket.close();
		await stub.apply(log.request([at(-MINUTE, "v2")]));
		const back = await watch(stub, [UNIQUES, COUNT, FRENCH], `,${snapshot.cursor},0-999`);
		await back.next("hello");
		expect(points(await back.next("snapshot"))[0]).toHaveLength(2);
		expect(points(await back.next("delta"))).toEqual([[["2031-03-10T09:59:00+00:00", 1]]]);
		expect(await back.next("resync")).toMatchObject({ sub: nameOf(FRENCH) });
		await back.next("snapshot");
		// One cursor for all.
		back.socket.send(JSON.stringify({ t: "resume", cursor: snapshot.cursor }));
		const frames = [await back.next("delta"), await back.next("delta"), await back.next("delta")];
		expect(frames.map(({ sub }) => sub)).toEqual([UNIQUES, COUNT, FRENCH].map(nameOf));
		for (const { cursor } of frames) expect(cursor).toBe("0-2");
	});

	it("wakes with all of them", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const viewer = await watch(stub, [COUNT, UNIQUES]);
		for (let i = 0; i < 3; i++) await viewer.raw();
		await evictDurableObject(stub, { webSockets: "hibernate" });
		await stub.apply(log.request([at(2_000, "v2")]));
		const frames = [await viewer.next("delta"), await viewer.next("delta")];
		expect(new Set(frames.map(({ sub }) => sub))).toEqual(new Set([nameOf(COUNT), nameOf(UNIQUES)]));
	});

	it("takes as many as the platform has tags for, beside that of the key", async () => {
		const stub = await freshMetric();
		const eight = Array.from({ length: MAX_SUBSCRIPTIONS }, (_, i) => ({ limit: i + 1 }));
		const viewer = await watch(stub, eight, undefined, "rk_demo");
		expect((await viewer.next("hello")).subs).toEqual(eight.map(nameOf));
	});

	it("is refused with the name of the subscription that is at fault", async () => {
		const stub = await freshMetric();
		const wrong = { groupBy: ["planet"] };
		const viewer = await watch(stub, [COUNT, wrong]);
		expect(await viewer.next("error")).toMatchObject({
			sub: nameOf(wrong),
			subs: [COUNT, wrong].map(nameOf),
			problem: { status: 422 },
		});
		expect(await viewer.end()).toBe(1008);
	});

	it("a socket from before there were several a socket goes on", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const subscription = Subscription.parse(COUNT);
		const key = keyOf(subscription);
		const { viewer } = await watchFromStart(stub, COUNT, "rk_demo");
		await runInDurableObject(stub, (_, ctx) => {
			for (const socket of ctx.getWebSockets())
				socket.serializeAttachment({ key, subscription, at: now, keyId: "rk_demo" });
		});
		await evictDurableObject(stub, { webSockets: "hibernate" });
		await stub.apply(log.request([at(2_000)]));
		// Others tell only how far behind the logs are.
		const told = async () => {
			const frame = await viewer.next("delta");
			return frame.series.length > 0 ? frame : viewer.next("delta");
		};
		expect(await told()).toMatchObject({ sub: key, series: [{ total: 1 }] });
		viewer.socket.send(JSON.stringify({ t: "resume", cursor: "0-0" }));
		expect(await told()).toMatchObject({ sub: key, series: [{ total: 1 }] });
	});
});

describe("active now", () => {
	it("counts the last thirty slots, and says how it falls if nobody comes", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(-5 * MINUTE, "gone"), at(-4 * MINUTE, "a"), at(-HOUR, "old")]));
		await runDurableObjectAlarm(stub);
		await stub.apply(log.request([at(-10_000, "b"), at(5_000, "a"), at(15_000, "c")]));
		const { viewer, snapshot } = await watchFromStart(stub, { measure: "active" });
		expect(snapshot.series).toEqual([]);
		expect(snapshot.active).toEqual({
			now: 3,
			expiries: [
				[T0 - 10_000 + 300_000, 2],
				[T0 + 300_000, 1],
				[T0 + 310_000, 0],
			],
		});
		await stub.apply(log.request([at(25_000, "b"), at(26_000, "d")]));
		const delta = await viewer.next("delta");
		expect(delta.active).toEqual({
			now: 4,
			expiries: [
				[T0 + 300_000, 3],
				[T0 + 310_000, 2],
				[T0 + 320_000, 0],
			],
		});
	});
});

describe("hibernation (I5)", () => {
	it("an apply wakes the object, and the socket gets a delta with the right values", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000)]));
		const { viewer } = await watchFromStart(stub);
		const { viewer: active } = await watchFromStart(stub, { measure: "active" });
		await evictDurableObject(stub, { webSockets: "hibernate" });
		const answer = await stub.apply(log.request([at(2_000, "v2")]));
		expect(answer).toMatchObject({ status: "applied", offset: 2 });
		// There are viewers still: the log comes often.
		expect(answer.status === "applied" && answer.nextMs).toBeLessThanOrEqual(313);
		expect(points(await viewer.next("delta"))).toEqual([[["2031-03-10T10:00:00+00:00", 2]]]);
		expect((await active.next("delta")).active?.now).toBe(2);
	});

	it("tells after a wake what no frame may have told before", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const { viewer } = await watchFromStart(stub);
		await stub.apply(log.request([at(1_000)]));
		await viewer.next("delta");
		// The next frame is due in 250 ms; the object goes before.
		await stub.apply(log.request([at(2_000)]));
		await evictDurableObject(stub, { webSockets: "hibernate" });
		await stub.read({ grain: "minute", from: T0, to: T0 + 1, parts: ["total"], fields: ["stats"] });
		const seen = [points(await viewer.next("delta"))[0]?.[0]?.[1]];
		while (seen.at(-1) !== 2) seen.push(points(await viewer.next("delta"))[0]?.[0]?.[1]);
		expect(seen.at(-1)).toBe(2);
	});

	it("keeps no timer while nothing flows", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const { viewer } = await watchFromStart(stub);
		await stub.apply(log.request([at(1_000)]));
		await viewer.next("delta");
		expect(await runInDurableObject(stub, (object) => object.frameWaiting)).toBe(false);
	});

	it("answers ping without the object", async () => {
		const stub = await freshMetric();
		const { viewer } = await watchFromStart(stub);
		await evictDurableObject(stub, { webSockets: "hibernate" });
		viewer.socket.send("ping");
		expect(await viewer.raw()).toBe("pong");
	});

	it("is told by the next frame that the logs were heard out, though no viewer and no query asks", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const { viewer } = await watchFromStart(stub);
		await evictDurableObject(stub, { webSockets: "hibernate" });
		await stub.apply(log.request([at(2_000)]));
		expect(await viewer.next("delta")).toMatchObject({ behind_ms: 5_000, series: [{}] });
		expect(await viewer.next("delta")).toMatchObject({ behind_ms: 0, series: [] });
		// One that cannot be heard: the wait it was told does not count for ever.
		now += 60_000;
		await stub.apply({ ...log.request([at(40_000)]), partition: 7, from: 0 });
		expect(await viewer.next("delta")).toMatchObject({ behind_ms: 60_000 });
		expect(await viewer.next("delta")).toMatchObject({ behind_ms: 0, series: [] });
	});

	it("ends sockets that were silent for a quarter of an hour", async () => {
		const stub = await freshMetric();
		const { viewer } = await watchFromStart(stub);
		now += 11 * MINUTE;
		await runDurableObjectAlarm(stub);
		expect(viewer.closed).toBeNull();
		now += 11 * MINUTE;
		await runDurableObjectAlarm(stub);
		expect(await viewer.end()).toBe(1001);
	});
});

describe("a revoked key", () => {
	const keyRow = (id: string) =>
		env.DB.prepare(
			"INSERT INTO keys (id, hash, scope, site, name, prefix, last4, created_at) VALUES (?1, ?1, 'read', 's', '', 'rk_', 'abcd', 0)",
		)
			.bind(id)
			.run();
	const revoke = (id: string) => env.DB.prepare("UPDATE keys SET revoked_at = 1 WHERE id = ?").bind(id).run();
	const freshKey = async () => {
		const id = `key_live_${serial++}`;
		await keyRow(id);
		return id;
	};

	it("ends its sockets within a minute while frames go, over a hibernation, and no others", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const [id, other] = [await freshKey(), await freshKey()];
		const { viewer } = await watchFromStart(stub, {}, id);
		const { viewer: stays } = await watchFromStart(stub, {}, other);
		const demo = await Promise.all(["rk_demo", "root", undefined].map((key) => watchFromStart(stub, {}, key)));
		await stub.apply(log.request([at(1_000)]));
		await viewer.next("delta");
		await revoke(id);
		for (const hibernates of [false, true]) {
			if (hibernates) await evictDurableObject(stub, { webSockets: "hibernate" });
			else now += 10_000;
			await stub.apply(log.request([at(2_000)]));
			await viewer.next("delta");
		}
		// After the wake another frame may have corrected behind_ms before.
		let last = Frame.parse(await viewer.raw());
		while (last.t === "delta") last = Frame.parse(await viewer.raw());
		expect(last).toMatchObject({ t: "error", problem: { status: 401 } });
		expect(await viewer.end()).toBe(1008);
		now += 30_000;
		await stub.apply(log.request([at(3_000)]));
		for (const { closed } of [stays, ...demo.map((d) => d.viewer)]) expect(closed).toBeNull();
		await revoke(other);
		now += 30_000;
		await stub.apply(log.request([at(4_000)]));
		expect(await stays.end()).toBe(1008);
	});

	it("ends its sockets on a quiet metric with the next look over the sockets", async () => {
		const stub = await freshMetric();
		const id = await freshKey();
		const { viewer } = await watchFromStart(stub, {}, id);
		await revoke(id);
		now += 10 * MINUTE;
		await runDurableObjectAlarm(stub);
		expect(await viewer.end()).toBe(1008);
	});
});

describe("sessions and shares behind sockets", () => {
	const run = (sql: string, ...values: unknown[]) =>
		env.DB.prepare(sql)
			.bind(...values)
			.run();
	/** A site of an organisation, and a metric of it. */
	async function freshSite() {
		const stub = await freshMetric();
		const { parts } = parseName(stub.name ?? "");
		const [site = "", org] = [parts[0], `org_${serial++}`];
		await run(
			"INSERT INTO sites (id, name, zone, week_start, origins, dimensions, partitions, created_at, org) VALUES (?, '', 'UTC', 'monday', '[]', '[]', 1, 0, ?)",
			site,
			org,
		);
		return { stub, site, org, log: new TestLog() };
	}
	/** Frames go until the viewer is closed. */
	async function endOf(viewer: Viewer, stub: Stub, log: TestLog): Promise<number> {
		now += 30_000;
		await stub.apply(log.request([at(1_000)]));
		return viewer.end();
	}

	it("a session's end with it, and with the membership", async () => {
		for (const change of ["DELETE FROM sessions WHERE id = ?1", "DELETE FROM members WHERE user = ?1"]) {
			const { stub, org, log } = await freshSite();
			const id = `ses_${serial++}`;
			await run("INSERT INTO sessions (id, user, created_at, expires_at) VALUES (?1, ?1, 0, ?2)", id, now + HOUR);
			await run("INSERT INTO members (org, user, role, created_at) VALUES (?, ?, 'viewer', 0)", org, id);
			const access = `acc_${id}.${org}`;
			const { viewer } = await watchFromStart(stub, {}, id);
			const { viewer: other } = await watchFromStart(stub, {}, access);
			await stub.apply(log.request([at(1_000)]));
			await viewer.next("delta");
			expect(viewer.closed).toBeNull();
			await run(change, id);
			expect(await endOf(viewer, stub, log)).toBe(1008);
			if (change.includes("members")) expect(await other.end()).toBe(1008);
			else expect(other.closed).toBeNull();
		}
	});

	it("a share's end when it is revoked or expires, and when its dashboard changes", async () => {
		for (const change of [
			"UPDATE shares SET revoked_at = 1 WHERE id = ?1",
			"UPDATE shares SET expires_at = 1 WHERE id = ?1",
			"UPDATE dashboards SET version = 8 WHERE uid = ?1",
			"DELETE FROM dashboards WHERE uid = ?1",
		]) {
			const { stub, site, log } = await freshSite();
			const id = `shr_${serial++}`;
			const by = '{"kind":"system","id":"","name":""}';
			await run("INSERT INTO dashboards VALUES (?1, ?2, 't', '[]', '{}', 7, 0, ?3, 0, ?3)", site, id, by);
			await run("INSERT INTO shares VALUES (?1, ?2, ?1, '{}', 0, ?3, ?4, NULL)", id, site, by, now + HOUR);
			const { viewer } = await watchFromStart(stub, {}, sharedBy(id, 7));
			await stub.apply(log.request([at(1_000)]));
			await viewer.next("delta");
			now += 30_000;
			await stub.apply(log.request([at(2_000)]));
			await viewer.next("delta");
			expect(viewer.closed).toBeNull();
			await run(change, id);
			expect(await endOf(viewer, stub, log), change).toBe(1001);
		}
	});
});

describe("what is wrong is told in a frame", () => {
	it.each([
		["a measure the metric has not", { measure: "p50", metric: "session" }, "session"],
		["a dimension there is not", { groupBy: ["planet"] }, "*"],
		["more than a day", { from: "now-3d", interval: "1h" }, "*"],
		["active by country", { measure: "active", groupBy: ["country"] }, "*"],
	] as const)("%s: problem, then 1008", async (_, subscription, metric) => {
		const stub = await freshMetric("UTC", metric);
		const viewer = await watch(stub, Subscription.parse(subscription));
		const { problem } = await viewer.next("error");
		expect(problem).toMatchObject({ status: 422 });
		expect(await viewer.end()).toBe(1008);
	});

	it.each(["nonsense", '{"t":"resume"}', '{"t":"drop"}', "null", "x".repeat(5_000)])(
		"garbage %#: problem, then 1008, and others live on",
		async (garbage) => {
			const stub = await freshMetric();
			const { viewer: bad } = await watchFromStart(stub);
			const { viewer: good } = await watchFromStart(stub);
			bad.socket.send(garbage);
			expect((await bad.next("error")).problem).toMatchObject({ status: 400 });
			expect(await bad.end()).toBe(1008);
			await stub.apply(new TestLog().request([at(1_000)]));
			expect(points(await good.next("delta"))).toEqual([[["2031-03-10T10:00:00+00:00", 1]]]);
		},
	);
});
