import { expect, test } from "vitest";
import { Queue } from "./queue.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

/** Work whose end the test decides. */
function held(log: string[], name: string) {
	const { promise, resolve } = Promise.withResolvers<string>();
	const work = () => {
		log.push(name);
		return promise;
	};
	return { work, end: () => resolve(name) };
}

test("so many at a time, and in turn", async () => {
	const queue = new Queue(2);
	const log: string[] = [];
	const all = ["a", "b", "c", "d"].map((name) => held(log, name));
	const answers = Promise.all(all.map(({ work }) => queue.run(work, never)));
	await settled();
	expect(log).toEqual(["a", "b"]);
	all[1]?.end();
	await settled();
	expect(log).toEqual(["a", "b", "c"]);
	for (const { end } of all) end();
	expect(await answers).toEqual(["a", "b", "c", "d"]);
});

test("what stands first on the screen goes first, of all that is asked in one go", async () => {
	const queue = new Queue(1);
	const log: string[] = [];
	const all = ["low", "middle", "first", "second"].map((name) => held(log, name));
	const ranks = [900, 400, 10, 10];
	for (const { end } of all) end();
	await Promise.all(all.map(({ work }, i) => queue.run(work, never, ranks[i])));
	expect(log).toEqual(["first", "second", "middle", "low"]);
});

test("what was called off while it waited does not run, and holds nobody up", async () => {
	const queue = new Queue(1);
	const log: string[] = [];
	const [first, second, third] = ["a", "b", "c"].map((name) => held(log, name));
	const off = new AbortController();
	const one = queue.run(first?.work ?? Promise.reject, never);
	const two = queue.run(second?.work ?? Promise.reject, off.signal);
	const three = queue.run(third?.work ?? Promise.reject, never);
	off.abort();
	first?.end();
	third?.end();
	await expect(two).rejects.toThrow();
	expect([await one, await three]).toEqual(["a", "c"]);
	expect(log).toEqual(["a", "c"]);
});

test("a failure gives its place to the next", async () => {
	const queue = new Queue(1);
	const failing = queue.run(() => Promise.reject(new Error("no")), never);
	const after = queue.run(() => Promise.resolve(1), never);
	await expect(failing).rejects.toThrow("no");
	expect(await after).toBe(1);
});
