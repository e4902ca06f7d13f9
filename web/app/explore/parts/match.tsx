import type { ComponentChildren } from "preact";
import type { EventMatch } from "../../../../schema/questions.ts";
import { EventSelect } from "../../filter/event.tsx";
import { Filters } from "../../filter/filters.tsx";

/** An event, and what narrows it: a step, a start, an anchor. `children` stand after the event. */
export function MatchEditor<Match extends EventMatch>({
	match,
	change,
	label,
	children,
}: {
	match: Match;
	change: (match: Match) => void;
	label: string;
	children?: ComponentChildren;
}) {
	return (
		<div class="match">
			<div class="match-event">
				<EventSelect event={match.event} change={(event) => change({ ...match, event })} label={label} />
				{children}
			</div>
			<Filters
				filters={match.filters}
				change={(filters) => change({ ...match, filters })}
				label={`Filters of ${label.toLowerCase()}`}
				visitors={false}
			/>
		</div>
	);
}
