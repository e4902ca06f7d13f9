/** What a reading of one bucket says. */
import { change } from "../../../model/format.ts";
import type { Chart, Drawn } from "./chart.ts";
import { write } from "./figures.ts";

export interface Reading {
	series: Drawn;
	value: number | null;
	text: string;
	/** Against the same bucket of the previous period; empty where that says nothing. */
	change: string;
}

/** Highest first, what has no value last; `isolated` alone where one is. */
export function readings({ series, partial }: Chart, index: number, isolated: string | null): Reading[] {
	return series
		.filter(({ id }) => isolated === null || id === isolated)
		.map((one): Reading => {
			const value = one.values[index] ?? null;
			const before = one.previous[index] ?? null;
			return {
				series: one,
				value,
				text: write(value, one.style),
				// What still counts is less than what is complete for no other reason.
				change: index < partial ? (change(value, before, one.style.unit)?.text ?? "") : "",
			};
		})
		.sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY));
}
