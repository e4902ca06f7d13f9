import { PRESETS } from "../model/range.ts";
import { Dialog } from "./dialog.tsx";

/** A key, and what it does. */
export type Key = readonly [string, string];

export const PERIODS: readonly Key[] = PRESETS.map(({ key, name }) => [key, name]);

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
