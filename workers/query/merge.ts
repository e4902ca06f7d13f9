/** Two series into one: a ratio. Everything else is merged before it is finished, in the fold. */
import type { SeriesResult, SeriesRow } from "../../schema/core/series.ts";

const divide = (a: number | null, b: number | null) => (a === null || b === null || b === 0 ? null : a / b);

/** Each of the first's groups divided by the same of the second, also in the totals. Errors of the two add up as independent ones do. */
export function ratio(main: SeriesResult, divisor: SeriesResult): SeriesResult {
	const byGroup = new Map(divisor.rows.map((row) => [row.labels.join("\x1f"), row]));
	return {
		rows: main.rows.map((row) => divideRow(row, byGroup.get(row.labels.join("\x1f")))),
		overall: divide(main.overall, divisor.overall),
		exact: main.exact && divisor.exact,
		error: main.error === null && divisor.error === null ? null : Math.hypot(main.error ?? 0, divisor.error ?? 0),
		again: null,
	};
}

function divideRow({ labels, points, total }: SeriesRow, by: SeriesRow | undefined): SeriesRow {
	return {
		labels,
		points: points.map((value, i) => divide(value, by?.points[i] ?? null)),
		total: divide(total, by?.total ?? null),
	};
}
