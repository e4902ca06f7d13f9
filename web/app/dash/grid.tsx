/** Where panels stand: 24 columns and rows of 30 px; in one column, in reading order, where the screen is narrow. */
import type { ComponentChildren, CSSProperties } from "preact";
import type { Grid, Panel } from "../../../schema/dashboard.ts";

/** A panel, and where it stands: on a wall it may be elsewhere than on its dashboard. */
export interface Placed {
	panel: Panel;
	grid: Grid;
}

/** For the style sheet: `--x --y --w --h`. */
const placeStyle = ({ x, y, w, h }: Grid): CSSProperties => ({
	"--x": x + 1,
	"--y": y + 1,
	"--w": w,
	"--h": h,
});

/** As one reads: from the top, and in a row from the left. */
export const inReadingOrder = (panels: readonly Panel[]): Panel[] =>
	panels.toSorted((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x);

/** Where the dashboard says. */
export const placesOf = (panels: readonly Panel[]): Placed[] =>
	inReadingOrder(panels).map((panel) => ({ panel, grid: panel.grid }));

export function PanelGrid({
	places,
	rows,
	away = false,
	render,
}: {
	places: readonly Placed[];
	/** On a wall: as many rows fill the screen. */
	rows?: number;
	/** Another page is shown: out of sight, and still as large, so that its panels go on drawing. */
	away?: boolean;
	render: (panel: Panel) => ComponentChildren;
}) {
	return (
		<div
			class={`dash-grid${rows === undefined ? "" : " fit"}${away ? " away" : ""}`}
			style={rows === undefined ? {} : { "--rows": rows }}
			inert={away}
		>
			{places.map(({ panel, grid }) => (
				<div key={panel.id} class={`dash-cell cell-${panel.kind}`} style={placeStyle(grid)}>
					{render(panel)}
				</div>
			))}
		</div>
	);
}
