import { PRESETS } from "../model/range.ts";
import { Dialog } from "./dialog.tsx";

const KEYS: readonly [string, string][] = [
	...PRESETS.map((preset): [string, string] => [preset.key, preset.name]),
	["/", "Filter"],
	["x", "Clear filters"],
	["c", "Comparison on or off"],
	["← →", "On the chart: read it bucket by bucket"],
	["?", "This list"],
];

export function Help({ close }: { close: () => void }) {
	return (
		<Dialog title="Keyboard" kind="sheet" close={close}>
			<dl class="keys">
				{KEYS.map(([name, what]) => (
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
