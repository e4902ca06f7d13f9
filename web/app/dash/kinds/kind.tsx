/** Draws any panel. What most dashboards show is here; the rest comes when a dashboard first shows it. */
import type { Panel, PanelKind } from "../../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../../schema/panel.ts";
import { lazy } from "../../lazy.tsx";
import "../../theme/kinds.css";
import { GroupBars } from "./bars.tsx";
import { StatPanel } from "./stat.tsx";
import { TablePanel } from "./table.tsx";
import { TimePanel } from "./time/panel.tsx";
import type { KindProps, Surroundings } from "./types.ts";

const Waiting = () => <div class="kind kind-wait skeleton" aria-hidden="true" />;
const later = <K extends PanelKind>(load: () => Promise<{ default: (props: KindProps<K>) => preact.VNode | null }>) =>
	lazy<KindProps<K>>(async () => (await load()).default, Waiting);

const chunks = {
	pie: () => import("./pie.tsx"),
	heatmap: () => import("./heatmap.tsx"),
	map: () => import("./map/panel.tsx"),
	funnel: () => import("./funnel.tsx"),
	retention: () => import("./retention.tsx"),
	text: () => import("./text.tsx"),
};
const PiePanel = later<"pie">(chunks.pie);
const HeatmapPanel = later<"heatmap">(chunks.heatmap);
const MapPanel = later<"map">(chunks.map);
const FunnelPanel = later<"funnel">(chunks.funnel);
const RetentionPanel = later<"retention">(chunks.retention);
const TextPanel = later<"text">(chunks.text);

/** Fetches the code of these panels while their figures are asked for, not after. */
export function warmKinds(panels: readonly Panel[]): void {
	// Where it does not come, the panel says so.
	for (const { kind } of panels) if (kind in chunks) chunks[kind as keyof typeof chunks]().catch(() => {});
}

export interface AnyKindProps {
	panel: Panel;
	answer: PanelAnswer;
	around: Surroundings;
	live: boolean;
}

export function Kind({ panel, ...rest }: AnyKindProps) {
	switch (panel.kind) {
		case "line":
		case "area":
			return <TimePanel panel={panel} {...rest} />;
		case "bar":
			return panel.by === "group" ? <GroupBars panel={panel} {...rest} /> : <TimePanel panel={panel} {...rest} />;
		case "stat":
			return <StatPanel panel={panel} {...rest} />;
		case "table":
			// How it is sorted is of one or the other.
			return <TablePanel key={panel.by} panel={panel} {...rest} />;
		case "pie":
			return <PiePanel panel={panel} {...rest} />;
		case "heatmap":
			return <HeatmapPanel panel={panel} {...rest} />;
		case "map":
			return <MapPanel panel={panel} {...rest} />;
		case "funnel":
			return <FunnelPanel panel={panel} {...rest} />;
		case "retention":
			return <RetentionPanel panel={panel} {...rest} />;
		case "text":
			return <TextPanel panel={panel} {...rest} />;
	}
}
