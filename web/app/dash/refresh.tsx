/** How a dashboard is kept up to date: "again" now, and by itself. */
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { REFRESH, type Refresh } from "./view.ts";

const NAMES: Record<Refresh, string> = {
	off: "Off",
	live: "Live",
	"10s": "10 s",
	"30s": "30 s",
	"1m": "1 min",
	"5m": "5 min",
	"15m": "15 min",
	"1h": "1 h",
};
const LONG: Partial<Record<Refresh, string>> = { off: "Only when asked", live: "Live, as events arrive" };

export function RefreshControl({
	refresh,
	set,
	again,
}: {
	refresh: Refresh;
	set: (refresh: Refresh) => void;
	again: () => void;
}) {
	return (
		<span class="refresh-control">
			<button type="button" class="icon-button" aria-label="Refresh" title="Refresh (r)" onClick={again}>
				<Icon name="refresh" />
			</button>
			<Popover
				label="Refresh"
				name={`Refresh: ${NAMES[refresh]}`}
				look="quiet refresh-choice"
				panel="menu"
				button={
					<>
						{NAMES[refresh]} <Icon name="chevron" size={12} />
					</>
				}
			>
				{(close) =>
					REFRESH.map((choice) => (
						<button
							type="button"
							key={choice}
							aria-pressed={choice === refresh}
							onClick={() => {
								close();
								set(choice);
							}}
						>
							<span>{LONG[choice] ?? `Every ${NAMES[choice]}`}</span>
							{choice === refresh && <Icon name="check" />}
						</button>
					))
				}
			</Popover>
		</span>
	);
}
