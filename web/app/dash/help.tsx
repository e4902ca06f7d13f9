/** The keys of a dashboard, and of its list. */
import { type Key, PERIODS } from "../panels/keys-help.tsx";

export { KeysHelp } from "../panels/keys-help.tsx";

export const BOARD_KEYS: readonly Key[] = [
	...PERIODS,
	["r", "Refresh"],
	["/", "First variable"],
	["e", "Edit"],
	["f", "Full screen, for a wall"],
	["Esc", "Leave full screen"],
	["← → ␣", "On a wall: turn its pages, or stop"],
	["← →", "On a chart: read it bucket by bucket"],
	["⇧ click", "On a chart: annotate a moment; drag: a stretch"],
	["?", "This list"],
];
export const LIST_KEYS: readonly Key[] = [
	["/", "Search"],
	["n", "New dashboard"],
	["?", "This list"],
];
