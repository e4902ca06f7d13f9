/** How the values of events spread over time: a chart whose series are ranges of values, ascending. */
import type { PanelOf } from "../../../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../../../schema/panel.ts";
import { type Chart, chartOf } from "./chart.ts";
import { styleOf, write } from "./figures.ts";

type Around = Parameters<typeof chartOf>[2];

/** What a heat map draws. */
export const heatOf = (panel: PanelOf<"heatmap">, answer: PanelAnswer, around: Around): Chart =>
	panel.by === "value" ? spreadOf(panel, answer, around) : chartOf(panel, answer, around);

/** Cells are counts, whatever the panel's unit, which is that of the values. Of the first query that is shown. */
function spreadOf(panel: PanelOf<"heatmap">, answer: PanelAnswer, around: Around): Chart {
	const queries = panel.queries.filter(({ hidden }) => !hidden).slice(0, 1);
	const counted = queries.map((query) => ({ ...query, measure: "count" }));
	const chart = chartOf(
		{ ...panel, unit: "count", formulas: [], queries: counted },
		{ ...answer, formulas: [] },
		around,
	);
	const style = styleOf(panel, "p50", around.currency);
	const label = ({ from, to }: Record<string, string>) => `${write(Number(from), style)} – ${write(Number(to), style)}`;
	return { ...chart, series: chart.series.map((one) => ({ ...one, label: label(one.group) })) };
}
