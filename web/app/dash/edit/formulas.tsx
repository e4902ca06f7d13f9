import type { NumbersPanel } from "../../../../schema/dashboard.ts";
import { Icon } from "../../panels/icon.tsx";
import { Section, TextField } from "./fields.tsx";
import type { PanelFormProps } from "./panel-editor.tsx";

/** As the schema has it. */
export const MAX_FORMULAS = 4;

/** Arithmetic on the queries. What is wrong with one stands under it as it is typed. */
export function Formulas({ panel, change }: PanelFormProps<NumbersPanel>) {
	const { formulas } = panel;
	const set = (at: number, next: Partial<(typeof formulas)[number]>, key: string) =>
		change(
			{ ...panel, formulas: formulas.map((old, i) => (i === at ? { ...old, ...next } : old)) },
			`formula.${at}.${key}`,
		);
	return (
		<Section title="Formulas">
			<p class="hint">
				Queries by their letters, with + - * / ( ), min, max, abs and round. Such as A / B: where A counts purchases and
				B visitors, it is the share of visitors who bought. What is divided by 0 has no value.
			</p>
			{panel.unit === "percent" && <p class="hint">In percent, 0.25 is drawn as 25 %: do not multiply by 100.</p>}
			{formulas.map((formula, at) => (
				<div class="edit-formula" key={at}>
					<TextField
						label={`Formula ${at + 1}`}
						path={`formulas.${at}.expression`}
						max={200}
						mono
						placeholder="A / B"
						value={formula.expression}
						change={(expression) => set(at, { expression }, "expression")}
					/>
					<TextField
						label="Label"
						path={`formulas.${at}.label`}
						max={100}
						placeholder={formula.expression}
						variables
						value={formula.label}
						change={(label) => set(at, { label }, "label")}
					/>
					<button
						type="button"
						class="icon-button small"
						aria-label={`Remove formula ${at + 1}`}
						onClick={() => change({ ...panel, formulas: formulas.filter((_, i) => i !== at) })}
					>
						<Icon name="close" size={14} />
					</button>
				</div>
			))}
		</Section>
	);
}
