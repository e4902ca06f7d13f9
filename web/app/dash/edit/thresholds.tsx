import type { NumbersPanel, Tone } from "../../../../schema/dashboard.ts";
import { DraftInput } from "../../panels/draft.tsx";
import { Icon } from "../../panels/icon.tsx";
import { FieldProblem, Section } from "./fields.tsx";
import type { PanelFormProps } from "./panel-editor.tsx";

const TONES: readonly (readonly [Tone, string])[] = [
	["good", "Good"],
	["warn", "Warning"],
	["bad", "Bad"],
	["neutral", "Neutral"],
];
/** As the schema has it. */
const MOST = 10;

/** From which value on a number is good or bad. */
export function Thresholds({ panel, change }: PanelFormProps<NumbersPanel>) {
	const { thresholds } = panel;
	const set = (next: NumbersPanel["thresholds"]) => change({ ...panel, thresholds: next });
	const last = thresholds.at(-1);
	return (
		<Section title="Thresholds">
			{thresholds.map(({ value, tone }, at) => (
				<div class="edit-threshold" key={at}>
					<i class={`swatch tone-${tone}`} />
					<span>from</span>
					<DraftInput
						type="number"
						step="any"
						class="count"
						aria-label={`Threshold ${at + 1}`}
						value={value}
						finish={({ valueAsNumber }) =>
							Number.isFinite(valueAsNumber) &&
							set(thresholds.map((old, i) => (i === at ? { ...old, value: valueAsNumber } : old)))
						}
					/>
					<span>on it is</span>
					<select
						aria-label={`What threshold ${at + 1} means`}
						value={tone}
						onChange={(event) => {
							const chosen = TONES.find(([id]) => id === event.currentTarget.value)?.[0];
							if (chosen) set(thresholds.map((old, i) => (i === at ? { ...old, tone: chosen } : old)));
						}}
					>
						{TONES.map(([id, name]) => (
							<option key={id} value={id}>
								{name}
							</option>
						))}
					</select>
					<button
						type="button"
						class="icon-button small"
						aria-label={`Remove threshold ${at + 1}`}
						onClick={() => set(thresholds.filter((_, i) => i !== at))}
					>
						<Icon name="close" size={14} />
					</button>
				</div>
			))}
			<FieldProblem path="thresholds" within />
			<div class="edit-adds">
				<button
					type="button"
					class="button small"
					disabled={thresholds.length >= MOST}
					onClick={() => set([...thresholds, { value: last ? last.value * 2 || 1 : 0, tone: last ? "good" : "warn" }])}
				>
					<Icon name="plus" size={14} /> Threshold
				</button>
			</div>
		</Section>
	);
}
