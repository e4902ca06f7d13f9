import { expect, test } from "vitest";
import { Failure } from "./api.ts";
import { Loader } from "./loader.ts";
import type { Clock } from "./model/throttle.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const answer =
	<T>(value: T) =>
	() =>
		Promise.resolve(value);

test("old data stays, and is marked, while the answer to a new question loads", async () => {
	const loader = new Loader<number>();
	loader.load("24h", answer(1));
	await settled();
	loader.load("7d", answer(2));
	expect(loader.state.value).toMatchObject({ data: 1, loading: true, stale: true });
	await settled();
	expect(loader.state.value).toMatchObject({ data: 2, loading: false, stale: false });
});

test("a refresh of the same question leaves what is shown bright", async () => {
	const loader = new Loader<number>();
	loader.load("24h", answer(1));
	await settled();
	loader.load("24h", answer(2));
	expect(loader.state.value).toMatchObject({ data: 1, loading: true, stale: false });
	await settled();
	expect(loader.state.value.data).toBe(2);
});

test("an error keeps the data, says what, and a retry mends it", async () => {
	const loader = new Loader<number>();
	loader.load("24h", answer(1));
	await settled();
	let broken = true;
	loader.load("24h", () => (broken ? Promise.reject(new Failure(503, "busy", "Busy")) : Promise.resolve(3)));
	await settled();
	expect(loader.state.value).toMatchObject({ data: 1, loading: false });
	expect(loader.state.value.failure?.message).toBe("Busy");
	broken = false;
	loader.retry();
	await settled();
	expect(loader.state.value).toMatchObject({ data: 3, failure: null });
});

test("the answer to an older question never replaces a newer one", async () => {
	const loader = new Loader<string>();
	let late: (value: string) => void = () => {};
	loader.load(
		"old",
		() =>
			new Promise<string>((resolve) => {
				late = resolve;
			}),
	);
	loader.load("new", answer("new"));
	await settled();
	late("old");
	await settled();
	expect(loader.state.value.data).toBe("new");
});

test("a refresh does not cut off an answer that is on its way", async () => {
	const loader = new Loader<string>();
	let calls = 0;
	let land: (value: string) => void = () => {};
	const slow = () => {
		calls++;
		return new Promise<string>((resolve) => {
			land = resolve;
		});
	};
	loader.load("q", slow);
	loader.load("q", slow);
	expect(calls).toBe(1);
	land("done");
	await settled();
	expect(loader.state.value.data).toBe("done");
});

test("an answer that took long rests four times as long before it is asked for again, and then is, once", async () => {
	let now = 0;
	const jobs: { at: number; work: () => void }[] = [];
	const clock: Clock = {
		now: () => now,
		after: (ms, work) => {
			jobs.push({ at: now + ms, work });
			return () => {};
		},
	};
	const loader = new Loader<number>(clock);
	let calls = 0;
	const work = () => {
		now += 1_000;
		return Promise.resolve(++calls);
	};
	loader.load("q", work);
	await settled();
	expect(loader.restMs.value).toBe(4_000);
	loader.load("q", work);
	loader.load("q", work);
	expect(calls).toBe(1);
	expect(jobs.map(({ at }) => at)).toEqual([5_000]);
	now = 5_000;
	jobs[0]?.work();
	await settled();
	expect(calls).toBe(2);
	// Another question waits for nothing.
	loader.load("other", work);
	expect(calls).toBe(3);
});
