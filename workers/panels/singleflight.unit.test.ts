import { describe, expect, it } from "vitest";
import { testStorage } from "../../durable-objects/sqlite.testing.ts";
import { Problem } from "../../schema/problem.ts";
import { Query } from "../../schema/query.ts";
import { Answers } from "./answers.ts";
import { Callers, Lanes } from "./bounds.ts";
import type { ProxyAnswer, ProxyRequest } from "./proxy.ts";
import { Singleflight } from "./singleflight.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const question = Query.parse({});

/** A flight whose clock and stores are the test's. Each execution waits until the test ends it. */
class Flight {
	now = 1_800_000_000_000;
	readonly storage = testStorage();
	readonly pending: PromiseWithResolvers<unknown>[] = [];
	flights = this.restarted();

	restarted(): Singleflight {
		return new Singleflight({
			answers: new Answers(this.storage),
			run: () => {
				const execution = Promise.withResolvers<unknown>();
				this.pending.push(execution);
				return execution.promise;
			},
			toProblem: (error) => new Problem(500, "internal", String(error)),
			now: () => this.now,
		});
	}

	ask(more: Partial<ProxyRequest> = {}): Promise<ProxyAnswer> {
		return this.flights.ask({ key: "k", question, caller: "me", ttlMs: 30 * SECOND, fresh: false, ...more });
	}

	/** Ends the oldest execution, and lets who waits for it go on. */
	async end(outcome: unknown): Promise<void> {
		await turn();
		const execution = this.pending.shift();
		if (execution === undefined) throw new Error("nothing runs");
		if (outcome instanceof Error) execution.reject(outcome);
		else execution.resolve(outcome);
		await turn();
	}

	async answered(outcome: unknown, more?: Partial<ProxyRequest>): Promise<ProxyAnswer> {
		const asked = this.ask(more);
		await this.end(outcome);
		return asked;
	}
}
/** All that can go on without anything from outside has gone on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
const down = new Problem(503, "store_unavailable", "The database does not answer. Try again.");

it("answers of before an erasure are forgotten, and those under way are not kept", async () => {
	const flight = new Flight();
	await flight.answered({ n: 1 });
	const under = flight.ask({ fresh: true, key: "other" });
	await turn();
	flight.flights.forget();
	await flight.end({ n: 1 });
	expect(await under).toMatchObject({ status: "ok" });
	for (const key of ["k", "other"]) {
		flight.flights = flight.restarted();
		expect(await flight.answered(down, { key })).toMatchObject({ status: "problem" });
	}
});

describe("a question of many viewers", () => {
	it("runs once for all who ask while it runs, and then not at all while it is fresh", async () => {
		const flight = new Flight();
		const all = Array.from({ length: 50 }, (_, i) => flight.ask({ caller: `viewer ${i}` }));
		await flight.end({ total: 7 });
		const at = flight.now;
		for (const answer of await Promise.all(all))
			expect(answer).toEqual({ status: "ok", body: '{"total":7}', cache: { at, state: "fresh" } });
		flight.now += 29 * SECOND;
		expect(await flight.ask()).toMatchObject({ status: "ok", cache: { at, state: "fresh" } });
		expect(flight.flights.counters).toEqual({ executions: 1, hits: 1, coalesced: 49, failures: 0, refused: 0 });
	});

	it("is answered by what was known while it runs anew, once", async () => {
		const flight = new Flight();
		await flight.answered(1);
		flight.now += 31 * SECOND;
		for (let i = 0; i < 5; i++) expect(await flight.ask()).toMatchObject({ body: "1", cache: { state: "stale" } });
		await flight.end(2);
		expect(await flight.ask()).toMatchObject({ body: "2", cache: { at: flight.now, state: "fresh" } });
		expect(flight.flights.counters.executions).toBe(2);
	});

	it("waits where what was known is older than ten times its time to live", async () => {
		const flight = new Flight();
		await flight.answered(1);
		flight.now += 301 * SECOND;
		expect(await flight.answered(2)).toMatchObject({ body: "2", cache: { state: "fresh" } });
	});

	it("is computed anew for who presses again, though still once for all who do, and not by the millisecond", async () => {
		const flight = new Flight();
		await flight.answered(1);
		expect(await flight.ask({ fresh: true })).toMatchObject({ body: "1" });
		flight.now += 2 * SECOND;
		const again = [flight.ask({ fresh: true }), flight.ask({ fresh: true })];
		expect(await flight.ask()).toMatchObject({ body: "1", cache: { state: "fresh" } });
		await flight.end(2);
		for (const answer of await Promise.all(again)) expect(answer).toMatchObject({ body: "2" });
		expect(flight.flights.counters.executions).toBe(2);
	});
});

describe("while stores fail", () => {
	it("what was known within a day is the answer, with a warning in words", async () => {
		const flight = new Flight();
		await flight.answered(1);
		flight.now += HOUR;
		const failed = await flight.answered(down);
		expect(failed).toMatchObject({ status: "ok", body: "1", cache: { at: flight.now - HOUR, state: "failed" } });
		expect(failed.status === "ok" && failed.cache.warning).toContain("The database does not answer");
		expect(flight.flights.counters.failures).toBe(1);
		flight.now += 24 * HOUR;
		expect(await flight.answered(down)).toMatchObject({ status: "problem", problem: { status: 503 } });
	});

	it("they are asked every 5 s and not by every viewer", async () => {
		const flight = new Flight();
		await flight.answered(1);
		flight.now += 60 * SECOND;
		expect(await flight.ask()).toMatchObject({ cache: { state: "stale" } });
		await flight.end(new Error("D1_ERROR"));
		for (let i = 0; i < 5; i++) expect(await flight.ask()).toMatchObject({ body: "1", cache: { state: "failed" } });
		expect(flight.pending).toEqual([]);
		flight.now += 6 * SECOND;
		expect(await flight.ask()).toMatchObject({ cache: { state: "stale" } });
		await flight.end(2);
		expect(await flight.ask()).toMatchObject({ body: "2", cache: { state: "fresh" } });
	});

	it("where nothing is known the problem is told, for 5 s to all who ask", async () => {
		const flight = new Flight();
		expect(await flight.answered(down)).toMatchObject({ status: "problem", problem: { status: 503 } });
		expect(await flight.ask()).toMatchObject({ status: "problem" });
		flight.now += 5 * SECOND;
		expect(await flight.answered(3)).toMatchObject({ status: "ok", body: "3" });
	});
});

it("a problem that is the question's own is its answer, whatever was known, for 5 s", async () => {
	const flight = new Flight();
	await flight.answered(1);
	flight.now += HOUR;
	const gone = new Problem(422, "metric", "There is no such metric.");
	expect(await flight.answered(gone)).toMatchObject({ status: "problem", problem: { status: 422 } });
	expect(await flight.ask()).toMatchObject({ status: "problem", problem: { detail: "There is no such metric." } });
	flight.now += 5 * SECOND;
	expect(await flight.answered(2)).toMatchObject({ status: "ok", body: "2" });
	expect(flight.flights.counters.failures).toBe(0);
});

describe("one viewer", () => {
	it("causes at most 60 executions at once and 2 a second, and is told in words when there is more", async () => {
		const flight = new Flight();
		for (let i = 0; i < 60; i++) await flight.answered(i, { key: `k${i}` });
		const refused = await flight.ask({ key: "one more" });
		expect(refused).toMatchObject({ status: "problem", retryAfter: 1, problem: { status: 429 } });
		expect(refused.status === "problem" && refused.problem.detail).toContain("Try again in 1 second.");
		expect(await flight.ask({ key: "k3" })).toMatchObject({ status: "ok", body: "3" });
		expect(await flight.answered(1, { key: "other", caller: "you" })).toMatchObject({ status: "ok" });
		flight.now += SECOND;
		for (const key of ["a", "b"]) expect(await flight.answered(1, { key })).toMatchObject({ status: "ok" });
		expect(await flight.ask({ key: "c" })).toMatchObject({ status: "problem" });
		expect(flight.flights.counters).toMatchObject({ executions: 63, refused: 2 });
	});

	it("who has used up the limit still reads what is stale, and joins what others caused", async () => {
		const flight = new Flight();
		await flight.answered(1);
		for (let i = 0; i < 59; i++) await flight.answered(i, { key: `k${i}` });
		const running = flight.ask({ key: "theirs", caller: "you" });
		const joined = flight.ask({ key: "theirs" });
		await flight.end("joined");
		expect(await joined).toEqual(await running);
		flight.now += 200;
		expect(await flight.ask({ ttlMs: 100 })).toMatchObject({ body: "1", cache: { state: "stale" } });
		await turn();
		expect(flight.pending).toEqual([]);
	});
});

describe("what is remembered", () => {
	it("outlives the object: SQLite has it", async () => {
		const flight = new Flight();
		await flight.answered({ rows: ["ä"] });
		flight.flights = flight.restarted();
		expect(await flight.ask()).toMatchObject({ body: '{"rows":["ä"]}', cache: { at: flight.now, state: "fresh" } });
	});

	it("is bounded: in memory by characters, in rows by number, size and age", async () => {
		const storage = testStorage();
		const answers = new Answers(storage, 1000);
		const rows = () => Number(storage.sql.exec("SELECT COUNT(*) AS n FROM answers").one().n);
		const at = 1_800_000_000_000;
		for (let i = 0; i < 700; i++) answers.put(`k${i}`, { body: "x".repeat(100), at: at + i });
		expect(rows()).toBeLessThanOrEqual(550);
		expect(answers.get("k0", at)).toBeNull();
		expect(answers.get("k699", at)?.body).toHaveLength(100);
		answers.put("large", { body: "ü".repeat(600_000), at: at + 1000 });
		expect(answers.get("large", at)).toBeNull();
		answers.put("late", { body: "1", at: at + 25 * HOUR });
		for (let i = 0; i < 50; i++) answers.put("late", { body: "1", at: at + 25 * HOUR });
		expect(rows()).toBe(1);
		expect(answers.get("late", at + 50 * HOUR)).toBeNull();
	});

	it("storage that fails is no reason to answer nobody", async () => {
		const flight = new Flight();
		const { exec } = flight.storage.sql;
		flight.storage.sql.exec = ((query: string, ...rest: unknown[]) => {
			if (query.startsWith("INSERT")) throw new Error("disk full");
			return (exec as (...all: unknown[]) => unknown)(query, ...rest);
		}) as typeof exec;
		const log = console.error;
		console.error = () => undefined;
		try {
			expect(await flight.answered(1)).toMatchObject({ status: "ok", body: "1" });
		} finally {
			console.error = log;
		}
	});
});

describe("bounds", () => {
	it("so many run at once, the others in the order in which they came, whatever becomes of those before", async () => {
		const lanes = new Lanes(2);
		const order: number[] = [];
		const ends: PromiseWithResolvers<void>[] = [];
		const all = Array.from({ length: 5 }, (_, i) =>
			lanes.run(() => {
				order.push(i);
				ends[i] = Promise.withResolvers();
				return ends[i].promise;
			}),
		);
		await turn();
		expect(order).toEqual([0, 1]);
		ends[1]?.reject(new Error("failed"));
		await expect(all[1]).rejects.toThrow("failed");
		await turn();
		expect(order).toEqual([0, 1, 2]);
		for (const i of [0, 2, 3, 4]) {
			await turn();
			ends[i]?.resolve();
		}
		await Promise.all([all[0], all[2], all[3], all[4]]);
		expect(order).toEqual([0, 1, 2, 3, 4]);
	});

	it("callers are forgotten in the order in which they asked last", () => {
		const callers = new Callers();
		for (let i = 0; i < 60; i++) callers.take("first", 0);
		expect(callers.take("first", 0)).toBe(500);
		for (let i = 0; i < 2_000; i++) callers.take(`caller ${i}`, 0);
		expect(callers.take("first", 0)).toBe(0);
	});
});
