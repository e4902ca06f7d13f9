/** The form of a retention panel. */
import type { PanelOf } from "../../../../schema/dashboard.ts";
import { Count } from "../../explore/parts/controls.tsx";
import { MatchEditor } from "../../explore/parts/match.tsx";
import { Filters } from "../../filter/filters.tsx";
import { FieldProblem, Row, Section, SelectField } from "./fields.tsx";
import type { PanelFormProps } from "./panel-editor.tsx";

export function RetentionForm({ panel, change }: PanelFormProps<PanelOf<"retention">>) {
	return (
		<>
			<Section title="Visitors begin with">
				<MatchEditor match={panel.start} change={(start) => change({ ...panel, start })} label="Start event" />
				<FieldProblem path="start" within />
			</Section>
			<Section title="and come back with">
				<MatchEditor match={panel.return} change={(next) => change({ ...panel, return: next })} label="Return event" />
				<FieldProblem path="return" within />
			</Section>
			<Section title="Counting">
				<Row>
					<SelectField
						label="Cohorts"
						value={panel.mode}
						options={[
							["first", "First time only"],
							["recurring", "Every time"],
						]}
						change={(mode) => change({ ...panel, mode })}
					/>
					<SelectField
						label="Every"
						value={panel.period}
						options={[
							["day", "Day"],
							["week", "Week"],
							["month", "Month"],
						]}
						change={(period) => change({ ...panel, period })}
					/>
					<Count
						label="Periods"
						value={panel.periods}
						min={1}
						max={90}
						change={(periods) => change({ ...panel, periods })}
					/>
					<SelectField
						label="Came back"
						value={panel.on}
						options={[
							["on", "In that period"],
							["on_or_after", "In that period or later"],
						]}
						change={(on) => change({ ...panel, on })}
					/>
				</Row>
			</Section>
			<Section title="Filters">
				<Filters
					filters={panel.filters}
					change={(filters) => change({ ...panel, filters })}
					label="Filters of the retention"
				/>
				<FieldProblem path="filters" within />
			</Section>
		</>
	);
}
