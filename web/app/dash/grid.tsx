/** Where panels stand: 24 columns and rows of 30 px; in one column, in reading order, where the screen is narrow. */
import type { ComponentChildren, CSSProperties } from "preact";
import type { COLUMNS as Columns, Grid, Panel, ROW_PX as RowPx } from "../../../schema/dashboard.ts";

// The schema's, checked against it by the compiler but not imported: its module would bring the validator along.
export const COLUMNS: typeof Columns = 24;
export const ROW_PX: typeof RowPx = 30;
/** Between panels, px. */
export const GAP_PX = 10;

/** A place of the grid, for the style sheet: `--x --y --w --h`. */
export const placeStyle = ({ x, y, w, h }: Grid): CSSProperties => ({
	"--x": x + 1,
	"--y": y + 1,
	"--w": w,
	"--h": h,
});

/** As one reads: from the top, and in a row from the left. */
export const inReadingOrder = (panels: readonly Panel[]): Panel[] =>
	panels.toSorted((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x);

/** How many rows the panels take. */
export const rowsOf = (panels: readonly Panel[]): number => Math.max(0, ...panels.map(({ grid }) => grid.y + grid.h));

export function DashboardGrid({
	panels,
	fit = false,
	render,
}: {
	panels: readonly Panel[];
	/** Rows grow or shrink until the whole grid fits the screen, as far as panels stay legible. */
	fit?: boolean;
	render: (panel: Panel) => ComponentChildren;
}) {
	const rows = rowsOf(panels);
	return (
		<div class={`dash-grid${fit ? " fit" : ""}`} style={{ "--rows": rows }}>
			{inReadingOrder(panels).map((panel) => (
				<div key={panel.id} class={`dash-cell cell-${panel.kind}`} style={placeStyle(panel.grid)}>
					{render(panel)}
				</div>
			))}
		</div>
	);
}
