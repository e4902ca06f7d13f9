import { useWorkspace } from "../state.ts";
import { eventLabel } from "./words.ts";

const ANY = "*";

/** Choosing an event by its name: those that the site has had, and the one of the link even if it never came. */
export function EventSelect({
	event,
	change,
	label,
	any = true,
}: {
	event: string;
	change: (event: string) => void;
	label: string;
	any?: boolean;
}) {
	const names = useWorkspace().metrics.value;
	const all = [...(any ? [ANY] : []), ...names];
	const options = all.includes(event) ? all : [event, ...all];
	return (
		<select class="event-select" aria-label={label} value={event} onChange={(e) => change(e.currentTarget.value)}>
			{options.map((name) => (
				<option key={name} value={name}>
					{eventLabel(name)}
				</option>
			))}
		</select>
	);
}
