/** The form of panels that are made of queries: what is asked, what is computed of it, and how it is drawn. */

import type { NumbersPanel } from "../../../../schema/dashboard.ts";
import { Icon } from "../../panels/icon.tsx";
import { FieldProblem, Section } from "./fields.tsx";
import { Formulas, MAX_FORMULAS } from "./formulas.tsx";
import { addFormula, addQuery, freeRef, moved } from "./model/panels.ts";
import { KindOptions } from "./options.tsx";
import type { PanelFormProps } from "./panel-editor.tsx";
import { QueryForm } from "./query.tsx";
import { Thresholds } from "./thresholds.tsx";

export function NumbersForm({ panel, change }: PanelFormProps<NumbersPanel>) {
	const { queries } = panel;
	const full = freeRef(queries) === null;
	const cut = cutOf(panel);
	return (
		<>
			<Section title="Queries">
				<ol class="edit-queries">
					{queries.map((query, at) => (
						<li key={query.ref}>
							<QueryForm
								query={query}
								at={at}
								count={queries.length}
								full={full}
								by={cut}
								change={(next, key) =>
									change(
										{ ...panel, queries: queries.map((old, i) => (i === at ? next : old)) },
										key === undefined ? undefined : `${query.ref}.${key}`,
									)
								}
								move={(by) => change({ ...panel, queries: moved(queries, at, at + by) })}
								duplicate={() => change(addQuery(panel, query))}
								remove={() => change({ ...panel, queries: queries.filter((_, i) => i !== at) })}
							/>
						</li>
					))}
				</ol>
				<FieldProblem path="queries" />
				{cut === "values" && queries.length > 1 && (
					<p class="hint">Ranges of values are drawn of the first query that is not hidden.</p>
				)}
				{cut !== "values" && (
					<div class="edit-adds">
						<button type="button" class="button small" disabled={full} onClick={() => change(addQuery(panel))}>
							<Icon name="plus" size={14} /> Query
						</button>
						<button
							type="button"
							class="button small"
							disabled={panel.formulas.length >= MAX_FORMULAS}
							onClick={() => change(addFormula(panel))}
						>
							<Icon name="plus" size={14} /> Formula
						</button>
					</div>
				)}
			</Section>
			{panel.formulas.length > 0 && <Formulas panel={panel} change={change} />}
			<KindOptions panel={panel} change={change} />
			<Thresholds panel={panel} change={change} />
		</>
	);
}

/** By what its queries are cut, beside time. */
function cutOf(panel: NumbersPanel): "groups" | "values" | "whole" {
	if (panel.kind === "map") return "whole";
	if (panel.kind !== "heatmap") return "groups";
	return panel.by === "time" ? "groups" : panel.by === "value" ? "values" : "whole";
}
