import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addVisitor, cohortsOf, meanOf, type RetentionRules, retentionCells } from "./retention.ts";

const rules = fc.record({
	cohorts: fc.integer({ min: 1, max: 5 }),
	periods: fc.integer({ min: 1, max: 4 }),
	mode: fc.constantFrom<RetentionRules["mode"]>("first", "recurring"),
	on: fc.constantFrom<RetentionRules["on"]>("on", "on_or_after"),
});
const ascending = (min: number) =>
	fc.array(fc.integer({ min, max: 9 }), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b));
const visitors = fc.array(fc.record({ starts: ascending(-2), returns: ascending(-2) }), { maxLength: 8 });

/** The definition, cell by cell: who is in the cohort, and who of them came back. */
function bruteForce(r: RetentionRules, all: readonly { starts: number[]; returns: number[] }[]): number[] {
	return Array.from({ length: retentionCells(r) }, (_, cell) => {
		const [cohort, period] = [Math.floor(cell / (r.periods + 1)), cell % (r.periods + 1)];
		return all.filter(({ starts, returns }) => {
			const isIn = r.mode === "first" ? starts[0] === cohort : starts.includes(cohort);
			if (!isIn || period === 0) return isIn;
			return returns.some((at) => (r.on === "on" ? at === cohort + period : at >= cohort + period));
		}).length;
	});
}

describe("retention", () => {
	it("counts each cell as its definition says", () => {
		fc.assert(
			fc.property(rules, visitors, (r, all) => {
				const counts = new Array<number>(retentionCells(r)).fill(0);
				for (const { starts, returns } of all) addVisitor(r, counts, starts, returns);
				expect(counts).toEqual(bruteForce(r, all));
			}),
			{ numRuns: 1000 },
		);
	});

	it("the mean is over the visitors of all cohorts whose period is over", () => {
		fc.assert(
			fc.property(rules, visitors, fc.integer({ min: 0, max: 12 }), (r, all, now) => {
				const counts = bruteForce(r, all);
				const cohorts = cohortsOf(r, counts, (period) => period, now);
				meanOf(r, cohorts).forEach((mean, period) => {
					const over = cohorts.filter((_, cohort) => cohort + period + 1 <= now);
					const size = over.reduce((sum, cohort) => sum + cohort.size, 0);
					const back = over.reduce((sum, cohort) => sum + (cohort.values[period]?.count ?? 0), 0);
					expect(mean).toBe(size === 0 ? null : back / size);
				});
			}),
			{ numRuns: 300 },
		);
	});
});
