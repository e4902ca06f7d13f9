/** Values on top of each other: what is above zero upwards, what is below it downwards. */

export type Stacking = "none" | "stacked" | "percent";

/** Of one series: where each value begins and ends. */
export interface Layer {
	base: (number | null)[];
	top: (number | null)[];
}

/** A bucket without a value takes no room, and a share of nothing is nothing. */
export function stack(values: readonly (readonly (number | null)[])[], stacking: Stacking): Layer[] {
	if (stacking === "none") return values.map((one) => ({ base: one.map(() => 0), top: [...one] }));
	const size = values[0]?.length ?? 0;
	const whole = Array.from({ length: size }, (_, i) =>
		stacking === "percent" ? values.reduce((sum, one) => sum + Math.abs(one[i] ?? 0), 0) : 1,
	);
	const above = new Array<number>(size).fill(0);
	const below = new Array<number>(size).fill(0);
	return values.map((one) => {
		const layer: Layer = { base: [], top: [] };
		for (let i = 0; i < size; i++) {
			const share = whole[i] === 0 ? 0 : (one[i] ?? 0) / (whole[i] ?? 1);
			const side = share < 0 ? below : above;
			const base = side[i] ?? 0;
			layer.base.push(base);
			layer.top.push(base + share);
			side[i] = base + share;
		}
		return layer;
	});
}

/** Bucket by bucket; null where none of them has a value. */
export function sums(values: readonly (readonly (number | null)[])[]): (number | null)[] {
	const size = Math.max(0, ...values.map((one) => one.length));
	return Array.from({ length: size }, (_, i) => {
		const known = values.flatMap((one) => one[i] ?? []);
		return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
	});
}
