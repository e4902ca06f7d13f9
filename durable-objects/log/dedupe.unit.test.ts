import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf, IdBlob, IdSet, RecentIds, toBlobs, UnsavedIds } from "./dedupe.ts";

/** Few distinct words, so that ids share halves, slots and zeros. */
const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffffffff }));
const ids = fc.array(fc.tuple(word, word), { maxLength: 300 });
const key = ([hi, lo]: readonly [number, number]) => `${hi} ${lo}`;

describe("IdSet", () => {
	it("I2: is a set of 64-bit ids", () => {
		fc.assert(
			fc.property(ids, ids, (added, others) => {
				const set = new IdSet();
				const model = new Set<string>();
				for (const id of added) {
					expect(set.add(...id)).toBe(!model.has(key(id)));
					model.add(key(id));
				}
				expect(set.size).toBe(model.size);
				for (const id of [...added, ...others]) expect(set.has(...id)).toBe(model.has(key(id)));
			}),
		);
	});

	it("grows", () => {
		const set = new IdSet();
		for (let i = 0; i < 20_000; i++) expect(set.add(i * 7, i)).toBe(true);
		for (let i = 0; i < 20_000; i++) expect(set.add(i * 7, i)).toBe(false);
	});
});

describe("RecentIds", () => {
	it("I2: holds every id since `since`, and forgets no younger one", () => {
		const recent = new RecentIds(10);
		for (let t = 1; t <= 100; t++) {
			expect(recent.add(t, 0, t)).toBe(true);
			for (let id = Math.max(1, recent.since); id <= t; id++) expect(recent.add(id, 0, t)).toBe(false);
		}
		expect(recent.since).toBeGreaterThan(70);
		expect(recent.has(1, 0)).toBe(false);
	});
});

describe("id blobs", () => {
	it("I2: find every id that was saved, and no other, whether split or not", () => {
		fc.assert(
			fc.property(ids, ids, fc.boolean(), (saved, others, many) => {
				const filler = many ? Array.from({ length: 9000 }, (_, i): [number, number] => [i * 477_218, i]) : [];
				const all = [...saved, ...filler];
				const blobs = toBlobs(
					all.map(([hi]) => hi),
					all.map(([, lo]) => lo),
				);
				const model = new Set(all.map(key));
				const opened = blobs.map(({ bucket, bytes }) => ({ bucket, blob: new IdBlob(bytes) }));
				for (const id of [...saved, ...others]) {
					const found = opened.some(
						({ bucket, blob }) => (bucket === 0 || bucket === bucketOf(id[0])) && blob.has(...id),
					);
					expect(found).toBe(model.has(key(id)));
				}
				expect(opened.reduce((n, { blob }) => n + blob.size, 0)).toBe(all.length);
			}),
			{ numRuns: 30 },
		);
	});

	it("are kept apart by period of commit", () => {
		const unsaved = new UnsavedIds();
		unsaved.add(1, 1, 299_999);
		unsaved.add(2, 2, 300_000);
		unsaved.add(3, 3, 299_999);
		expect([...unsaved.periods].map(([period, { hi }]) => [period, hi])).toEqual([
			[0, [1, 3]],
			[1, [2]],
		]);
	});
});
