import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, type JudgeOptions, judge } from "./anomaly.ts";
import { bucketEdges, DAY, HOUR, MINUTE, type Step, zoneOf } from "./zone.ts";

const zone = zoneOf("Europe/Berlin");
/** A Sunday, 10:23 in Berlin: four weeks after the clocks went back. */
const now = Date.parse("2026-11-22T09:23:00Z");

/** Mulberry32: the same noise in every run. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}
function normals(seed: number): () => number {
	const next = random(seed);
	return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

function series(step: Step, ms: number, value: (t: number, i: number) => number | null): Bucket[] {
	return bucketEdges(zone, step, now - ms, now)
		.slice(0, -1)
		.map((t, i) => ({ t, value: value(t, i) }));
}
const options = (step: Step, judgedMs: number, more: Partial<JudgeOptions> = {}): JudgeOptions => ({
	step,
	zone,
	now,
	from: now - judgedMs,
	counts: false,
	...more,
});
/** Busy by day and quiet by night. */
const daily = (t: number) => 100 + 80 * Math.sin((2 * Math.PI * ((t + zone.offset(t)) % DAY)) / DAY);
const weekend = (t: number) => ([0, 6].includes(new Date(t + zone.offset(t)).getUTCDay()) ? 0.4 : 1);

describe("anomalies", () => {
	it("are not in what is constant, whatever it is, nor is nothing", () => {
		fc.assert(
			fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.boolean(), (value, counts) => {
				const level = counts ? Math.abs(value) : value;
				expect(
					judge(
						series("1h", 30 * DAY, () => level),
						options("1h", DAY, { counts }),
					).points,
				).toEqual([]);
			}),
			{ numRuns: 20 },
		);
		expect(
			judge(
				series("1h", 30 * DAY, () => null),
				options("1h", DAY),
			),
		).toEqual({ band: [], points: [] });
	});

	it("scale with the series", () => {
		const noise = normals(3);
		const history = series("1h", 29 * DAY, (t) => daily(t) + 10 * noise());
		const plain = judge(history, options("1h", 3 * DAY));
		fc.assert(
			fc.property(fc.double({ min: 0.1, max: 1000, noNaN: true }), (by) => {
				const scaled = judge(
					history.map(({ t, value }) => ({ t, value: (value ?? 0) * by })),
					options("1h", 3 * DAY),
				);
				expect(scaled.points.map(({ t }) => t)).toEqual(plain.points.map(({ t }) => t));
				for (const [i, { low, high }] of scaled.band.entries()) {
					expect(low / by).toBeCloseTo(plain.band[i]?.low ?? Number.NaN, 5);
					expect(high / by).toBeCloseTo(plain.band[i]?.high ?? Number.NaN, 5);
				}
			}),
			{ numRuns: 20 },
		);
	});

	it.each<[string, Step, number, number]>([
		["minutes by the last 60", "1m", 6 * HOUR, 3 * HOUR],
		["hours by the time of the week", "1h", 35 * DAY, 7 * DAY],
		["days", "1d", 120 * DAY, 60 * DAY],
	])("the band holds nine tenths of noise, and is not much wider: %s", (_, step, ms, judged) => {
		let [inside, all, width] = [0, 0, 0];
		for (let seed = 1; seed <= 20; seed++) {
			const noise = normals(seed);
			const given = series(step, ms, () => 500 + 20 * noise());
			const value = new Map(given.map((bucket) => [bucket.t, bucket.value ?? 0]));
			for (const { t, low, high } of judge(given, options(step, judged)).band) {
				const v = value.get(t) ?? 0;
				all++;
				width += high - low;
				if (v >= low && v <= high) inside++;
			}
		}
		expect(all).toBeGreaterThan(500);
		expect(inside / all).toBeGreaterThan(0.9);
		expect(width / all).toBeLessThan(6 * 20);
	});

	it("a spike and a hole are found, each with its distance, and the rest of the noise mostly not", () => {
		const noise = normals(7);
		const given = series("1h", 35 * DAY, (t) => (daily(t) + 5 * noise()) * weekend(t));
		const at = (ms: number) => given.findIndex(({ t }) => t > now - ms);
		const [spike, hole] = [at(30 * HOUR), at(50 * HOUR)];
		given[spike] = { t: given[spike]?.t ?? 0, value: 900 };
		given[hole] = { t: given[hole]?.t ?? 0, value: -500 };
		const { points } = judge(given, options("1h", 7 * DAY));
		const found = (i: number) => points.find(({ t }) => t === given[i]?.t);
		expect(found(spike)?.sigmas).toBeGreaterThan(5);
		expect(found(hole)?.sigmas).toBeLessThan(-5);
		expect(points.length).toBeLessThan(30);
	});

	it("a busy morning is usual where every morning is busy, over a change of the clocks", () => {
		const given = series("1h", 35 * DAY, (t) => daily(t) * weekend(t));
		expect(judge(given, options("1h", 7 * DAY)).points).toEqual([]);
	});

	it("a spike of last week, which nothing was there to judge by, does not widen this week's band", () => {
		const noise = normals(5);
		const given = series("1h", 29 * DAY, () => 100 + 4 * noise());
		const plain = judge(given, options("1h", DAY));
		const at = given.findIndex(({ t }) => t >= now - 7 * DAY - 5 * HOUR);
		const spiked = given.map(({ t, value }, i) => ({ t, value: i === at ? 5000 : value }));
		const widest = (all: typeof plain) => Math.max(...all.band.map(({ low, high }) => high - low));
		expect(widest(judge(spiked, options("1h", DAY)))).toBeLessThan(1.5 * widest(plain));
	});

	it("a spike does not make the next one usual", () => {
		const given = series("1m", 4 * HOUR, (_, i) => (i % 2) + 100);
		const spiked = given.map(({ t, value }, i) => ({ t, value: i >= 200 && i < 210 ? 300 : value }));
		const { points } = judge(spiked, options("1m", 2 * HOUR));
		expect(points.map(({ value }) => value)).toEqual(Array(10).fill(300));
	});

	it("a level that has held for 60 buckets is the new usual", () => {
		const given = series("1m", 6 * HOUR, (_, i) => (i < 100 ? 100 : 200) + (i % 3));
		const { points } = judge(given, options("1m", 6 * HOUR));
		expect(points).toHaveLength(60);
	});

	it("the bucket that holds now is not judged, but has a band", () => {
		const given = series("1h", 3 * DAY, (t) => (t > now - HOUR ? 0 : 100));
		const { band, points } = judge(given, options("1h", DAY, { counts: true }));
		expect(points).toEqual([]);
		expect(band.at(-1)?.t).toBe(now - 23 * MINUTE);
	});

	it("counts vary by their root, and not below 0", () => {
		const given = series("1m", 4 * HOUR, (_, i) => (i === 230 ? 2 : 0));
		const { band, points } = judge(given, options("1m", HOUR, { counts: true }));
		expect(points).toEqual([]);
		expect(band.every(({ low }) => low === 0)).toBe(true);
		const loud = given.map(({ t, value }) => ({ t, value: value === 2 ? 5 : value }));
		expect(judge(loud, options("1m", HOUR, { counts: true })).points).toHaveLength(1);
	});

	it("are not in the first weeks of a site, where there was nothing before it", () => {
		const noise = normals(5);
		const began = now - 28 * DAY;
		const given = series("1d", 74 * DAY, (t) => (t < began ? 0 : 550 + 20 * noise()));
		const { points } = judge(given, options("1d", 14 * DAY, { counts: true }));
		expect(points.length).toBeLessThan(3);
	});

	it("nothing is said of what has no past", () => {
		const given = series("1m", 10 * MINUTE, (_, i) => (i === 5 ? 1e6 : 1));
		expect(judge(given, options("1m", HOUR))).toEqual({ band: [], points: [] });
	});

	it("what comes later changes no judgement of what came before", () => {
		const noise = normals(11);
		const given = series("1h", 35 * DAY, (t) => daily(t) + 15 * noise());
		const whole = judge(given, options("1h", 10 * DAY));
		const cut = now - 4 * DAY;
		const before = judge(
			given.filter(({ t }) => t < cut),
			options("1h", 10 * DAY),
		);
		expect(before.points).toEqual(whole.points.filter(({ t }) => t < cut));
		expect(before.band).toEqual(whole.band.filter(({ t }) => t < cut));
	});
});
