import { expect, test } from "vitest";
import { backoff, type Clock, throttle } from "./throttle.ts";

function manual() {
	let now = 0;
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
	return { clock, advance };
}

test("the first change is shown soon, a storm of them only every few seconds, and the last one is never lost", () => {
	const { clock, advance } = manual();
	let runs = 0;
	const t = throttle(() => runs++, 4_000, 100, clock);
	t.call();
	advance(100);
	expect(runs).toBe(1);
	for (let i = 0; i < 39; i++) {
		t.call();
		advance(100);
	}
	expect(runs).toBe(1);
	advance(4_000);
	expect(runs).toBe(2);
	advance(60_000);
	expect(runs).toBe(2);
});

test("a stopped throttle runs nothing more", () => {
	const { clock, advance } = manual();
	let runs = 0;
	const t = throttle(() => runs++, 1_000, 0, clock);
	t.call();
	t.stop();
	advance(10_000);
	expect(runs).toBe(0);
});

test("retries spread out, grow and stay bounded", () => {
	expect(backoff(0, 0)).toBe(200);
	expect(backoff(0, 1)).toBe(700);
	expect(backoff(3, 1)).toBe(4_200);
	expect(backoff(40, 1)).toBe(15_200);
});
