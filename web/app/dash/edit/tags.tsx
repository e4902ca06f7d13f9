import { Chips } from "../../filter/chips.tsx";
import { Field } from "./fields.tsx";

const MOST = 20;

/** Words, each once. */
export function TagsField({
	label,
	path,
	tags,
	change,
	hint,
	named = String,
}: {
	label: string;
	path: string;
	tags: readonly string[];
	change: (tags: string[]) => void;
	hint?: string;
	/** What people call a word. */
	named?: (value: string) => string;
}) {
	return (
		<Field label={label} path={path} hint={hint} wide group>
			<Chips
				values={tags}
				named={named}
				change={change}
				label={`Add to ${label.toLowerCase()}`}
				placeholder={tags.length === 0 ? "none" : "and…"}
				maxLength={40}
				most={MOST}
			/>
		</Field>
	);
}
