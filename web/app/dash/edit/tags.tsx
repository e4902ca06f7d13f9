import { useRef } from "preact/hooks";
import { Icon } from "../../panels/icon.tsx";
import { Field } from "./fields.tsx";

const MOST = 20;

/** Words, each once. Enter or a comma ends one. */
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
	const input = useRef<HTMLInputElement>(null);
	const add = (text: string) => {
		const added = text
			.split(",")
			.map((one) => one.trim())
			.filter((one) => one !== "");
		if (input.current) input.current.value = "";
		if (added.length > 0) change([...new Set([...tags, ...added])].slice(0, MOST));
	};
	return (
		<Field label={label} path={path} hint={hint} wide group>
			<span class="values">
				{tags.map((tag) => (
					<span class="value-chip" key={tag}>
						<span>{tag}</span>
						<button
							type="button"
							class="filter-drop"
							aria-label={`Remove ${tag}`}
							onClick={() => change(tags.filter((old) => old !== tag))}
						>
							<Icon name="close" size={11} />
						</button>
					</span>
				))}
				<input
					ref={input}
					type="text"
					aria-label={`Add to ${label.toLowerCase()}`}
					placeholder={tags.length === 0 ? "none" : "and…"}
					maxLength={40}
					disabled={tags.length >= MOST}
					onKeyDown={(event) => {
						const { value } = event.currentTarget;
						if (event.key === "Enter" || event.key === ",") {
							event.preventDefault();
							add(value);
						} else if (event.key === "Backspace" && value === "" && tags.length > 0) change(tags.slice(0, -1));
					}}
					onChange={(event) => add(event.currentTarget.value)}
				/>
			</span>
		</Field>
	);
}
