/** How a panel's numbers are written: its unit, else that of the measure; its decimals, else as many as read well. */
import type { NumbersPanel, PanelQuery, Tone } from "../../../../../schema/dashboard.ts";
import type { Measure } from "../../../../../schema/metric.ts";
import type { PanelResult } from "../../../../../schema/panel.ts";
import { MEASURE_INFO } from "../../../explore/model/measures.ts";
import { brief, full, interval95, isRough, NOTHING, short, type Unit, written } from "../../../model/format.ts";

export interface Style {
	unit: Unit;
	currency: string | null;
	/** Null: as many as read well. */
	decimals: number | null;
}

/** Units of panels that are not `auto`. Plain numbers may have fractions: they are `ratio` here. */
const UNITS: Record<Exclude<NumbersPanel["unit"], "auto">, Unit> = {
	count: "number",
	number: "ratio",
	currency: "money",
	duration: "duration",
	percent: "percent",
};

const isMeasure = (word: string): word is Measure => word in MEASURE_INFO;

/** A query's measure. Where that is a variable only the subscription knows what it became; null: nobody does. */
export function measureOf({ measure }: PanelQuery, result?: Pick<PanelResult, "live">): Measure | null {
	if (isMeasure(measure)) return measure;
	const live = result?.live?.measure;
	return live !== undefined && isMeasure(live) ? live : null;
}

/** `measure` null: of a formula, or unknown. */
export function styleOf(
	panel: Pick<NumbersPanel, "unit" | "decimals">,
	measure: Measure | null,
	currency: string | null,
): Style {
	const auto: Unit = measure === null ? "ratio" : MEASURE_INFO[measure].unit;
	return { unit: panel.unit === "auto" ? auto : UNITS[panel.unit], currency, decimals: panel.decimals };
}

const fixed = (value: number, digits: number) =>
	written(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** For cells, legends and big numbers: short, unless the panel says how many decimals. */
export function write(value: number | null, { unit, currency, decimals }: Style): string {
	if (value === null || !Number.isFinite(value)) return NOTHING;
	if (decimals !== null) {
		if (unit === "percent") return `${fixed(value * 100, decimals)}%`;
		if (unit === "money" && currency !== null)
			return written(value, {
				style: "currency",
				currency,
				minimumFractionDigits: decimals,
				maximumFractionDigits: decimals,
			});
		if (unit !== "duration") return fixed(value, decimals);
	}
	if (unit === "ratio") return short(value);
	if (unit === "percent" && value < 0) return `−${brief(-value, unit)}`;
	return brief(value, unit, currency);
}

/** Every digit, for hover texts. */
export const writeFull = (value: number | null, { unit, currency }: Style): string => full(value, unit, currency);

/** Is the number an estimate that has to say so, and between what it lies? */
export function doubt(value: number | null, error: number | null | undefined): { rough: boolean; said: string } {
	if (error === undefined) return { rough: false, said: "" };
	const rough = isRough(value, error);
	return { rough, said: rough ? interval95(value, error) : "" };
}

/** The tone of the highest threshold that a value has reached; null: of none. */
export function toneOf(value: number | null, thresholds: NumbersPanel["thresholds"]): Tone | null {
	if (value === null) return null;
	let reached: { value: number; tone: Tone } | null = null;
	for (const one of thresholds)
		if (value >= one.value && (reached === null || one.value >= reached.value)) reached = one;
	return reached?.tone ?? null;
}

/** Which way is good news. Of a formula nobody knows. */
export const goodOf = (measure: Measure | null): "up" | "down" | null =>
	measure === null ? null : measure === "bounce_rate" ? "down" : "up";
