import { useState } from "preact/hooks";
import { useExplored } from "../explore/state.ts";
import { fieldLabel, groupFields } from "./fields.ts";

const OWN = "…";
const PREFIX = /^(props|traits)\./;

/** `plan` → `props.plan`: what a person types is a property unless it says otherwise. */
const named = (text: string): string => (PREFIX.test(text) ? text : `props.${text}`);

/** Choosing a field: a known one, or any property or trait by its name. `none`: what choosing no field is called. */
export function FieldSelect({
	field,
	change,
	label,
	none,
	except = [],
}: {
	field: string;
	change: (field: string) => void;
	label: string;
	none?: string;
	except?: readonly string[];
}) {
	const { fields } = useExplored();
	const [typing, setTyping] = useState(false);
	const known = fields.value;
	const offered = field === "" || known.includes(field) ? known : [...known, field];
	if (typing)
		return (
			<input
				class="own-field"
				// It takes the place of the select that had the focus
				ref={(input) => input?.focus()}
				aria-label={`${label}: name of a property`}
				placeholder="props.plan or traits.company"
				maxLength={80}
				onChange={(event) => {
					const text = event.currentTarget.value.trim();
					if (text !== "") change(named(text));
					setTyping(false);
				}}
				onBlur={() => setTyping(false)}
			/>
		);
	return (
		<select
			aria-label={label}
			value={field}
			onChange={(event) => {
				if (event.currentTarget.value === OWN) setTyping(true);
				else change(event.currentTarget.value);
			}}
		>
			{none !== undefined && <option value="">{none}</option>}
			{groupFields(offered.filter((name) => !except.includes(name))).map((group) => (
				<optgroup key={group.label} label={group.label}>
					{group.fields.map((name) => (
						<option key={name} value={name}>
							{fieldLabel(name)}
						</option>
					))}
				</optgroup>
			))}
			<option value={OWN}>Another property or trait…</option>
		</select>
	);
}
