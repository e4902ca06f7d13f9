import type { LifecycleAnswer } from "../../../../schema/questions.ts";

export const STATES = ["new", "returning", "resurrecting", "dormant"] as const;
export type State = (typeof STATES)[number];

export interface StackRect {
	state: State;
	count: number;
	y: number;
	height: number;
}

export interface Stack {
	bars: { t: string; partial: boolean; rects: StackRect[] }[];
	/** Where zero is. */
	zero: number;
	/** Pixels a visitor. */
	scale: number;
}

/** Stacked bars in `height` pixels: who was active above zero, new ones at the bottom, who went away below it. */
export function stackBars(points: LifecycleAnswer["points"], height: number): Stack {
	const above = Math.max(0, ...points.map((p) => p.new + p.returning + p.resurrecting));
	const below = Math.max(0, ...points.map((p) => p.dormant));
	const scale = above + below === 0 ? 0 : height / (above + below);
	const zero = above + below === 0 ? height : above * scale;
	const bars = points.map((point) => {
		let y = zero;
		const rects: StackRect[] = [];
		for (const state of STATES) {
			const size = point[state] * scale;
			if (state === "dormant") rects.push({ state, count: point[state], y: zero, height: size });
			else {
				y -= size;
				rects.push({ state, count: point[state], y, height: size });
			}
		}
		return { t: point.t, partial: point.partial, rects };
	});
	return { bars, zero, scale };
}

/** A round step for about `lines` grid lines of `most`: 1, 2 or 5 times a power of ten, never a part of a visitor. */
export function gridStep(most: number, lines: number): number {
	const least = Math.max(1, most / lines);
	const ten = 10 ** Math.floor(Math.log10(least));
	return ([1, 2, 5, 10].find((times) => times * ten >= least) ?? 10) * ten;
}
