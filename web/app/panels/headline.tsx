import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Answer, QueryInput } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { Loader } from "../loader.ts";
import { join, liveTotal, seconds } from "../model/join.ts";
import { presetInfo, type Range, rangeQuery } from "../model/range.ts";
import { type Stat, statsOf, VISITORS } from "../model/stats.ts";
import { show, useWorkspace, view } from "../state.ts";
import { ActiveTile } from "./active.tsx";
import { Hero } from "./hero.tsx";
import { StatTile } from "./stat.tsx";

const questionOf = (stat: Stat, range: Range, compare: boolean): QueryInput => ({
	kind: "timeseries",
	metric: stat.metric,
	measure: stat.measure,
	...rangeQuery(range),
	filters: view.value.filters,
	...(compare ? { compare: "previous" as const } : {}),
});

/** Buckets that the socket of this question brought, newest values: epoch seconds → value. */
function useLiveTail(stat: Stat, question: string) {
	const { live } = useWorkspace();
	const tail = useMemo(() => signal<ReadonlyMap<number, number | null>>(new Map()), []);
	const { range, filters } = view.value;
	// `question` names stat, range and filters
	useEffect(() => {
		tail.value = new Map();
		const span = typeof range === "string" ? presetInfo(range).live : null;
		if (!span) return;
		return live.watch(
			{ metric: stat.metric, measure: stat.measure, filters, ...span },
			{
				points(points, whole) {
					const next = new Map(whole ? [] : tail.peek());
					for (const [at, value] of points) next.set(seconds(at), value);
					tail.value = next;
				},
			},
		);
	}, [live, question]);
	return tail;
}

/** The strip of figures and the chart that the chosen one draws: one question a figure, each failing and recovering alone. */
export function Headline() {
	const { site, metrics, tick, live } = useWorkspace();
	const { range, filters, compare } = view.value;
	const names = metrics.value;
	const stats = useMemo(() => statsOf(names), [names]);
	const loaders = useMemo(() => new Map<string, Loader<Answer>>(), []);
	for (const stat of stats) if (!loaders.has(stat.id)) loaders.set(stat.id, new Loader<Answer>());

	const asked = JSON.stringify([range, filters, compare]);
	const beat = tick.value;
	// `asked` names range, filters and comparison
	useEffect(() => {
		for (const stat of stats) {
			const query = questionOf(stat, range, compare);
			loaders.get(stat.id)?.load(JSON.stringify(query), (abort) => ask(query, abort));
		}
	}, [stats, asked, beat]);
	useEffect(
		() => () => {
			for (const loader of loaders.values()) loader.stop();
		},
		[loaders],
	);

	const chosen = stats.find((stat) => stat.id === view.value.stat) ?? VISITORS;
	const loaderOf = (stat: Stat) => loaders.get(stat.id) ?? new Loader<Answer>();
	const loader = loaderOf(chosen);
	const loaded = loader.state.value;
	const tail = useLiveTail(chosen, JSON.stringify([chosen.id, range, filters]));

	const series = loaded.data?.series?.[0];
	const interval = loaded.data?.meta.interval ?? "1m";
	// A tail of another question must not be joined to data that is still of the old one.
	const points = loaded.stale ? NO_TAIL : tail.value;
	const empty = chosen.additive || chosen.measure === "uniques" ? 0 : null;
	const line = useMemo(
		() => join(series?.points ?? [], points, { interval, empty, now: live.now() / 1000 }),
		[series, points, interval, empty, live],
	);
	const total = series ? (chosen.additive ? liveTotal(series.total, series.points, line) : series.total) : null;

	return (
		<section class="headline card" aria-label="Key figures">
			<div class="strip">
				<ActiveTile filtered={filters.length > 0} />
				{stats.map((stat) => (
					<StatTile
						key={stat.id}
						stat={stat}
						loader={loaderOf(stat)}
						total={stat === chosen ? total : null}
						selected={stat === chosen}
						currency={site.currency}
						choose={() => show({ stat: stat.id }, true)}
					/>
				))}
			</div>
			<Hero stat={chosen} loaded={loaded} retry={loader.retry} line={line} />
		</section>
	);
}

const NO_TAIL: ReadonlyMap<number, number | null> = new Map();
