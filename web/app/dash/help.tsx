/** The keys of a dashboard, and of its list. */
import { PRESETS } from "../model/range.ts";
import { Dialog } from "../panels/dialog.tsx";

type Key = readonly [string, string];

export const BOARD_KEYS: readonly Key[] = [
	...PRESETS.map(({ key, name }): Key => [key, name]),
	["r", "Refresh"],
	["/", "First variable"],
	["e", "Edit"],
	["f", "Full screen, for a wall"],
	["Esc", "Leave full screen"],
	["← →", "On a chart: read it bucket by bucket"],
	["⇧ click", "On a chart: annotate a moment; drag: a stretch"],
	["?", "This list"],
];
export const LIST_KEYS: readonly Key[] = [
	["/", "Search"],
	["n", "New dashboard"],
	["?", "This list"],
];

export function KeysHelp({ keys, close }: { keys: readonly Key[]; close: () => void }) {
	return (
		<Dialog title="Keyboard" kind="sheet" close={close}>
			<dl class="keys">
				{keys.map(([name, what]) => (
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
