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
}: {
	label: string;
	path: string;
	tags: readonly string[];
	change: (tags: string[]) => void;
	hint?: string;
}) {
	return (
		<Field label={label} path={path} hint={hint} wide group>
			<Chips
				values={tags}
				change={change}
				label={`Add to ${label.toLowerCase()}`}
				placeholder={tags.length === 0 ? "none" : "and…"}
				maxLength={40}
				most={MOST}
			/>
		</Field>
	);
}
