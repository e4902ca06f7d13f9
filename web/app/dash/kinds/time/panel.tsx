import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { chartOf } from "../model/chart.ts";
import { Notes } from "../notes.tsx";
import type { KindProps } from "../types.ts";
import { Legend } from "./legend.tsx";
import { sceneOf } from "./scene.ts";
import { Plot } from "./view.tsx";

/** Lines, areas and bars over time. */
export function TimePanel({ panel, answer, around, live }: KindProps<"line" | "area" | "bar">) {
	const { zone, currency } = around;
	const isolated = useSignal<string | null>(null);
	const chart = useMemo(
		() => chartOf(panel, answer, { zone, currency, now: Date.now() }),
		[panel, answer, zone, currency],
	);
	const stacking = panel.kind === "line" ? "none" : panel.stacking;
	const picked = isolated.value;
	const scene = useMemo(() => sceneOf(chart, panel.kind, stacking, picked), [chart, panel.kind, stacking, picked]);
	// Only a formula that is none: there is no time to draw it over.
	if (chart.times.length === 0) return <Notes notes={chart.notes} />;
	return (
		<div class={`kind time legend-${panel.legend}`}>
			<Plot
				scene={scene}
				thresholds={panel.thresholds}
				min={panel.min}
				max={panel.max}
				zone={zone}
				around={around}
				live={live}
				label={answer.title || "Chart"}
			/>
			{panel.legend !== "none" && (
				<Legend
					chart={chart}
					position={panel.legend}
					isolated={scene.isolated}
					compared={scene.before.length > 0}
					isolate={(id) => {
						isolated.value = id;
					}}
				/>
			)}
			<Notes notes={chart.notes} />
		</div>
	);
}
