import fc from "fast-check";
import { expect, test } from "vitest";
import { gridStep, stackBars } from "./stack.ts";

const count = fc.nat(1_000);
const point = fc.record({
	t: fc.constant("d"),
	new: count,
	returning: count,
	resurrecting: count,
	dormant: count,
	partial: fc.boolean(),
});

test("bars stay in the picture, stand on zero without gaps, and dormant ones hang below it", () => {
	fc.assert(
		fc.property(fc.array(point, { maxLength: 20 }), (points) => {
			const { bars, zero } = stackBars(points, 200);
			for (const { rects } of bars) {
				const [first, second, third, dormant] = rects;
				if (!first || !second || !third || !dormant) throw new Error("four states");
				expect(first.y + first.height).toBeCloseTo(zero);
				expect(second.y + second.height).toBeCloseTo(first.y);
				expect(third.y + third.height).toBeCloseTo(second.y);
				expect(third.y).toBeGreaterThanOrEqual(-1e-6);
				expect(dormant.y).toBe(zero);
				expect(dormant.y + dormant.height).toBeLessThanOrEqual(200 + 1e-6);
			}
		}),
	);
});

test("grid lines are round and whole", () => {
	expect([1, 7, 30, 101, 2_400].map((most) => gridStep(most, 4))).toEqual([1, 2, 10, 50, 1_000]);
});
