import type { Answer } from "../../../schema/query.ts";
import { Sparkline } from "../charts/sparkline.tsx";
import type { Loader } from "../loader.ts";
import { brief, full, interval95, isRough } from "../model/format.ts";
import { seconds, stepOf } from "../model/join.ts";
import { previousName } from "../model/range.ts";
import type { Stat } from "../model/stats.ts";
import { useWorkspace, view } from "../state.ts";
import { Moved } from "./moved.tsx";

interface StatTileProps {
	stat: Stat;
	/** Do the filters mean anything for it? */
	applies: boolean;
	loader: Loader<Answer>;
	/** Newer than the answer's, from the socket; null: take the answer's. */
	total: number | null;
	selected: boolean;
	currency: string | null;
	choose: () => void;
}

/** One figure: value, change against the previous period, shape over time. Choosing it draws it large. */
export function StatTile(props: StatTileProps) {
	return props.applies ? <Figure {...props} /> : <NoFigure stat={props.stat} />;
}

function NoFigure({ stat }: { stat: Stat }) {
	return (
		<button type="button" class="tile" disabled title="Events have no entry page: only sessions do.">
			<span class="tile-label">{stat.label}</span>
			<span class="tile-value">–</span>
			<span class="tile-foot">
				<span class="change flat">not by entry page</span>
			</span>
		</button>
	);
}

function Figure({ stat, loader, total, selected, currency, choose }: StatTileProps) {
	const { live } = useWorkspace();
	const { data, failure, stale } = loader.state.value;
	const series = data?.series?.[0];
	const value = total ?? series?.total ?? null;
	const rough = data?.meta.exact === false && stat.measure === "uniques" && isRough(value, data.meta.error);
	const before = data?.compare?.[0]?.total ?? null;
	const compared = view.value.compare && value !== null && before !== null;
	const said = rough ? interval95(value, data.meta.error) : "";
	const spoken = [full(value, stat.unit, currency), said].filter(Boolean).join(", ");
	const step = stepOf(data?.meta.interval ?? "1m");
	const partial = series?.points.findIndex(([at]) => seconds(at) + step > live.now() / 1000) ?? -1;
	return (
		<button
			type="button"
			class={`tile${stale ? " dim" : ""}`}
			aria-pressed={selected}
			title={stat.hint}
			onClick={choose}
		>
			<span class="tile-label">{stat.label}</span>
			{data ? (
				<>
					<span class="tile-value" title={spoken}>
						{rough && <i class="about">~</i>}
						{brief(value, stat.unit, currency)}
					</span>
					<span class="tile-foot">
						{compared ? (
							<Moved
								now={value}
								before={before}
								unit={stat.unit}
								good={stat.good}
								title={`${full(before, stat.unit, currency)} ${previousName(view.value.range)}`}
							/>
						) : (
							<span class="change flat">{failure ? "not up to date" : ""}</span>
						)}
					</span>
					<Sparkline
						values={series?.points.slice(0, partial < 0 ? undefined : partial).map(([, v]) => v) ?? []}
						zero={stat.additive || stat.measure === "uniques"}
					/>
				</>
			) : failure ? (
				<span class="tile-failed" title={failure.message}>
					Could not load
				</span>
			) : (
				<>
					<span class="skeleton value" />
					<span class="skeleton foot" />
				</>
			)}
		</button>
	);
}
