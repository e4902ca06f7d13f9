import { PRESETS, rangeName } from "../model/range.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Icon } from "./icon.tsx";

/** The range of everything on the page. */
export function Periods() {
	const { site } = useWorkspace();
	const { range } = view.value;
	return (
		<fieldset class="periods" aria-label="Period">
			{PRESETS.map((preset) => (
				<button
					type="button"
					key={preset.id}
					aria-pressed={range === preset.id}
					title={`${preset.name} (${preset.key})`}
					onClick={() => show({ range: preset.id })}
				>
					{preset.label}
				</button>
			))}
			{typeof range !== "string" && (
				<button type="button" class="custom" aria-pressed="true" title="Back" onClick={() => history.back()}>
					{rangeName(range, site.zone)} <Icon name="close" size={12} />
				</button>
			)}
		</fieldset>
	);
}
