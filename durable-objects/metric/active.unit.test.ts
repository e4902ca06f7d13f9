import * as fc from "fast-check";
import { expect, it } from "vitest";
import { hash64 } from "../../schema/core/hash.ts";
import { Hll, P_TOTAL } from "../../schema/core/hll.ts";
import { countDown } from "./active.ts";

it("counts down to what is left when each slot has expired, as a set would", () => {
	const visits = fc.array(fc.record({ slot: fc.nat(29), visitor: fc.nat(40) }), { maxLength: 120 });
	fc.assert(
		fc.property(visits, (list) => {
			const slots = new Map<number, Hll>();
			for (const { slot, visitor } of list) {
				const hll = slots.get(slot * 10_000) ?? new Hll(P_TOTAL);
				slots.set(slot * 10_000, hll);
				const { hi, lo } = hash64(`v${visitor}`);
				hll.add(hi, lo);
			}
			const { now, expiries } = countDown(slots);
			const left = (after: number) => new Set(list.filter((v) => v.slot * 10_000 > after).map((v) => v.visitor)).size;
			expect(now).toBe(left(-1));
			let shown = now;
			for (let slot = 0; slot < 30; slot++) {
				const expiry = expiries.find(([at]) => at === slot * 10_000 + 300_000);
				if (expiry !== undefined) shown = expiry[1];
				expect(shown).toBe(left(slot * 10_000));
			}
		}),
	);
});
