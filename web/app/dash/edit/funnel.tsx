/** The form of a funnel panel: the builder of the page of funnels, and those that are saved there. */
import type { PanelOf } from "../../../../schema/dashboard.ts";
import { FunnelForm as PageForm } from "../../explore/model/forms.ts";
import { FunnelFields } from "../../explore/parts/funnel-form.tsx";
import { useExplored } from "../../explore/state.ts";
import { Filters } from "../../filter/filters.tsx";
import { Field, FieldProblem, Section } from "./fields.tsx";
import type { PanelFormProps } from "./panel-editor.tsx";

/** What the page has beyond a panel stays as it is there at first. */
const EMPTY = PageForm.parse({});

export function FunnelForm({ panel, change }: PanelFormProps<PanelOf<"funnel">>) {
	const form: PageForm = {
		...EMPTY,
		...panel.funnel,
		...(panel.breakdown === null ? {} : { breakdown: { dim: panel.breakdown, attribution: "step:1" } }),
	};
	const set = (next: Partial<PageForm>) => {
		const { steps, window, order, reentry, exclusions, count, breakdown } = { ...form, ...next };
		change({
			...panel,
			funnel: { steps, window, order, reentry, exclusions, count },
			breakdown: breakdown?.dim ?? null,
		});
	};
	return (
		<>
			<Section title="Funnel">
				<SavedFunnels panel={panel} change={change} />
				<FunnelFields form={form} change={set} bare />
				<FieldProblem path="funnel" within />
			</Section>
			<Section title="Filters">
				<Filters
					filters={panel.filters}
					change={(filters) => change({ ...panel, filters })}
					label="Filters of the funnel"
				/>
				<FieldProblem path="filters" within />
			</Section>
		</>
	);
}

/** Takes over a saved funnel as it is now: what becomes of it later does not change the panel. */
function SavedFunnels({ panel, change }: PanelFormProps<PanelOf<"funnel">>) {
	const { funnels } = useExplored();
	const items = funnels.items.value ?? [];
	if (items.length === 0) return null;
	const current = items.find(({ definition }) => JSON.stringify(definition) === JSON.stringify(panel.funnel));
	return (
		<Field label="Begin with a saved funnel">
			<select
				value={current?.id ?? ""}
				onChange={(event) => {
					const chosen = funnels.find(event.currentTarget.value);
					if (chosen) change({ ...panel, title: panel.title || chosen.name, funnel: chosen.definition });
				}}
			>
				<option value="">None of them</option>
				{items.map(({ id, name }) => (
					<option key={id} value={id}>
						{name}
					</option>
				))}
			</select>
		</Field>
	);
}
