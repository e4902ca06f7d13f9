/** Slices of a pie as paths of SVG. */

export interface Slice {
	/** Indexes of the values in it: several where they are too thin to tell apart. */
	of: number[];
	value: number;
	share: number;
	path: string;
	/** Where a label stands. */
	x: number;
	y: number;
}

/** Thinner slices than this share are drawn as one. */
const THIN = 0.01;

const point = (turn: number, radius: number): [number, number] => [
	radius * Math.sin(turn * 2 * Math.PI),
	-radius * Math.cos(turn * 2 * Math.PI),
];
const at = ([x, y]: [number, number]) => `${x.toFixed(3)} ${y.toFixed(3)}`;

/** From noon on, clockwise. A whole turn is two halves: an arc that ends where it begins is none. */
export function arc(from: number, to: number, radius: number, hole: number): string {
	if (to - from >= 1 - 1e-9)
		return `${arc(from, from + 0.5, radius, hole)}${arc(from + 0.5, from + 1 - 1e-6, radius, hole)}`;
	const large = to - from > 0.5 ? 1 : 0;
	const outer = `M${at(point(from, radius))}A${radius} ${radius} 0 ${large} 1 ${at(point(to, radius))}`;
	if (hole === 0) return `${outer}L0 0Z`;
	return `${outer}L${at(point(to, hole))}A${hole} ${hole} 0 ${large} 0 ${at(point(from, hole))}Z`;
}

/** In the order of the values; thin ones are joined at the end. What is not above zero has no slice. */
export function slices(values: readonly number[], radius: number, hole: number): Slice[] {
	const positive = values.map((value) => Math.max(0, value));
	const whole = positive.reduce((sum, value) => sum + value, 0);
	if (whole === 0) return [];
	const indexes = positive.flatMap((value, index) => (value > 0 ? [index] : []));
	const isThin = (index: number) => (positive[index] ?? 0) / whole < THIN;
	const thin = indexes.filter(isThin);
	// A single thin one is itself: there is nothing to join it with.
	const joined =
		thin.length > 1
			? [...indexes.filter((one) => !isThin(one)).map((one) => [one]), thin]
			: indexes.map((one) => [one]);
	let from = 0;
	return joined.map((of): Slice => {
		const value = of.reduce((sum, index) => sum + (positive[index] ?? 0), 0);
		const share = value / whole;
		const [x, y] = point(from + share / 2, (radius + hole) / 2 + (hole === 0 ? radius * 0.12 : 0));
		const path = arc(from, from + share, radius, hole);
		from += share;
		return { of, value, share, path, x, y };
	});
}
