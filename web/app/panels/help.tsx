import { PRESETS } from "../model/range.ts";
import type { PageId } from "../model/view.ts";
import { view } from "../state.ts";
import { Dialog } from "./dialog.tsx";

type Key = readonly [string, string];

const PERIODS: readonly Key[] = PRESETS.map(({ key, name }) => [key, name]);
const OVERVIEW: readonly Key[] = [
	["/", "Filter"],
	["x", "Clear filters"],
	["c", "Comparison on or off"],
];
const CHART: Key = ["← →", "On a chart: read it bucket by bucket"];
const HELP: Key = ["?", "This list"];

/** The keys of the page that is open. */
function keysOf(page: PageId): Key[] {
	if (page === "events") return [HELP];
	return [...PERIODS, ...(page === "overview" ? OVERVIEW : []), CHART, HELP];
}

export function Help({ close }: { close: () => void }) {
	return (
		<Dialog title="Keyboard" kind="sheet" close={close}>
			<dl class="keys">
				{keysOf(view.value.page).map(([name, what]) => (
					<div key={name}>
						<dt>
							<kbd>{name}</kbd>
						</dt>
						<dd>{what}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}
