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

const PiePanel = later<"pie">(() => import("./pie.tsx"));
const HeatmapPanel = later<"heatmap">(() => import("./heatmap.tsx"));
const MapPanel = later<"map">(() => import("./map/panel.tsx"));
const FunnelPanel = later<"funnel">(() => import("./funnel.tsx"));
const RetentionPanel = later<"retention">(() => import("./retention.tsx"));
const TextPanel = later<"text">(() => import("./text.tsx"));

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
