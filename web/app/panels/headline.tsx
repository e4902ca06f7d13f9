import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { isFromEvents } from "../../../schema/core/sources.ts";
import type { Answer, Filter, QueryInput } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { Loader } from "../loader.ts";
import { join, liveTotal, seconds } from "../model/join.ts";
import { presetInfo, rangeQuery, refreshMs } from "../model/range.ts";
import { liveFilters, questionFilters, statMetric } from "../model/scope.ts";
import { type Stat, statsOf, VISITORS } from "../model/stats.ts";
import { isNarrowed, type View } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { ActiveTile } from "./active.tsx";
import { Hero } from "./hero.tsx";
import { StatTile } from "./stat.tsx";

/** Null where the filters have no meaning for the figure. */
function questionOf(stat: Stat, { range, compare, ...narrowing }: View): QueryInput | null {
	const asked = statMetric(stat, narrowing);
	return (
		asked && {
			kind: "timeseries",
			...asked,
			...rangeQuery(range),
			filters: questionFilters(narrowing, asked.metric),
			...(compare ? { compare: "previous" as const } : {}),
		}
	);
}

/** Buckets that the socket of this question brought, newest values: epoch seconds → value. */
function useLiveTail(stat: Stat, filters: Filter[] | null) {
	const { live } = useWorkspace();
	const tail = useMemo(() => signal<ReadonlyMap<number, number | null>>(new Map()), []);
	const { range } = view.value;
	const question = JSON.stringify([stat.id, range, filters]);
	// `question` names stat, range and filters
	useEffect(() => {
		tail.value = new Map();
		const span = typeof range === "string" ? presetInfo(range).live : null;
		if (!span || !filters) return;
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

/** Tells the page how often its figures are asked again where no socket brings them. */
function useEveryMs(asking: boolean, loaders: readonly Loader<Answer>[]): void {
	const { everyMs } = useWorkspace();
	const slowest = Math.max(...loaders.map((loader) => loader.restMs.value));
	const every = asking ? Math.max(refreshMs(view.value.range), slowest) : null;
	useEffect(() => {
		everyMs.value = every;
	}, [everyMs, every]);
	useEffect(
		() => () => {
			everyMs.value = null;
		},
		[everyMs],
	);
}

/** The strip of figures and the chart that the chosen one draws: one question a figure, each failing and recovering alone. */
export function Headline() {
	const { site, metrics, tick, live } = useWorkspace();
	const names = metrics.value;
	const stats = useMemo(() => statsOf(names), [names]);
	const loaders = useMemo(() => new Map<string, Loader<Answer>>(), []);
	for (const stat of stats) if (!loaders.has(stat.id)) loaders.set(stat.id, new Loader<Answer>());

	const questions = stats.map((stat) => questionOf(stat, view.value));
	const asked = JSON.stringify(questions);
	const beat = tick.value;
	// `asked` names range, filters and comparison
	useEffect(() => {
		stats.forEach((stat, i) => {
			const query = questions[i];
			if (query) loaders.get(stat.id)?.load(JSON.stringify(query), (abort) => ask(query, abort));
			else loaders.get(stat.id)?.stop();
		});
	}, [stats, asked, beat]);
	useEffect(
		() => () => {
			for (const loader of loaders.values()) loader.stop();
		},
		[loaders],
	);

	const applies = (stat: Stat) => statMetric(stat, view.value) !== null;
	const chosen = stats.find((stat) => stat.id === view.value.stat && applies(stat)) ?? stats.find(applies) ?? VISITORS;
	const socketFilters = liveFilters(view.value, site.dimensions);
	const loaderOf = (stat: Stat) => loaders.get(stat.id) ?? new Loader<Answer>();
	const loader = loaderOf(chosen);
	const loaded = loader.state.value;
	const tail = useLiveTail(chosen, socketFilters);
	useEveryMs(socketFilters === null, stats.map(loaderOf));

	const series = loaded.data?.series?.[0];
	const interval = loaded.data?.meta.interval ?? "1m";
	// A tail of another question must not be joined to data that is still of the old one; nor windows that are still to be
	// rebuilt to what the events say.
	const isApart = loaded.stale || (loaded.data !== null && isFromEvents(loaded.data.meta));
	const points = isApart ? NO_TAIL : tail.value;
	const empty = chosen.additive || chosen.measure === "uniques" ? 0 : null;
	const line = useMemo(
		() => join(series?.points ?? [], points, { interval, empty, now: live.now() / 1000 }),
		[series, points, interval, empty, live],
	);
	const total = series ? (chosen.additive ? liveTotal(series.total, series.points, line) : series.total) : null;

	const strip = useRef<HTMLDivElement>(null);
	// Where the strip scrolls (on a phone), the chosen figure is brought into sight; the page stays where it is.
	useEffect(() => {
		const tile = strip.current?.querySelector<HTMLElement>("[aria-pressed=true]");
		if (tile) strip.current?.scrollTo({ left: tile.offsetLeft - tile.offsetWidth });
	}, [chosen.id]);

	return (
		<section class="headline card" aria-label="Key figures">
			<div class="strip" ref={strip}>
				<ActiveTile filtered={isNarrowed(view.value)} />
				{stats.map((stat) => (
					<StatTile
						key={stat.id}
						stat={stat}
						applies={applies(stat)}
						loader={loaderOf(stat)}
						total={stat === chosen ? total : null}
						selected={stat === chosen}
						currency={site.currency}
						choose={() => show({ stat: stat.id }, true)}
					/>
				))}
			</div>
			<Hero stat={chosen} loaded={loaded} retry={loader.retry} line={line} live={socketFilters !== null} />
		</section>
	);
}

const NO_TAIL: ReadonlyMap<number, number | null> = new Map();
