/** Shades of one colour for values from little to much: heat maps, maps. */

/** Where a value stands between the least and the highest, 0 to 1. */
export type Ramp = (value: number) => number;

export const linear =
	(low: number, high: number): Ramp =>
	(value) =>
		high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 1;

/** For what is spread over powers of ten, as visitors over countries are: the least that is there still shows. */
export const rooted =
	(high: number): Ramp =>
	(value) =>
		high > 0 ? Math.sqrt(Math.min(1, Math.max(0, value / high))) : 0;

/** Even no more than nothing differs from what is not there. */
const PALEST = 0.06;

/** The shade as a share of the full colour. */
export const shade = (share: number): number => PALEST + (1 - PALEST) * share;

/** `#fff` is `#ffffff`: style sheets are minified, and what appends an alpha, or reads channels, needs all six digits. */
export const longHex = (colour: string): string =>
	/^#[\da-f]{3}$/i.test(colour) ? `#${[...colour.slice(1)].map((digit) => digit + digit).join("")}` : colour;

type Rgb = [number, number, number];
const channels = (hex: string): Rgb => {
	const number = Number.parseInt(longHex(hex).slice(1), 16);
	return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
};

/** Between two colours written `#rrggbb`. */
export function mix(from: string, to: string, share: number): string {
	const [a, b] = [channels(from), channels(to)];
	return `rgb(${a.map((one, i) => Math.round(one + ((b[i] ?? one) - one) * share)).join(" ")})`;
}
