/** Behind a panel: which store answered each query, how exact and how fresh, what was read, and by what plan. */
import { useEffect, useState } from "preact/hooks";
import type { Panel } from "../../../schema/dashboard.ts";
import type { CacheState, PanelAnswer, PanelResult } from "../../../schema/panel.ts";
import type { RawMeta } from "../../../schema/query.ts";
import { Failure } from "../api.ts";
import { exactness } from "../model/exactness.ts";
import { lag } from "../model/format.ts";
import { Dialog } from "../panels/dialog.tsx";
import { Problem } from "../panels/states.tsx";
import { askPanel, type PanelSource } from "./api.ts";
import type { Asking } from "./question.ts";

interface ExplainProps {
	title: string;
	panel: Panel;
	source: PanelSource;
	asking: Asking;
	points: number;
	close: () => void;
}

export function Explain({ title, panel, source, asking, points, close }: ExplainProps) {
	const [answer, setAnswer] = useState<PanelAnswer | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const load = () => {
		const off = new AbortController();
		setFailure(null);
		askPanel(panel, source, { ...asking, maxDataPoints: points, explain: true }, off.signal).then(
			setAnswer,
			(error: unknown) => {
				if (off.signal.aborted) return;
				setFailure(error instanceof Failure ? error : new Failure(0, "bug", String(error)));
			},
		);
		return () => off.abort();
	};
	useEffect(load, []);
	return (
		<Dialog title={`Behind “${title}”`} kind="drawer" close={close}>
			<div class="explain" aria-busy={answer === null && failure === null}>
				{failure && <Problem failure={failure} retry={load} />}
				{!answer && !failure && <div class="skeleton explain-wait" />}
				{answer && (
					<p class="muted">
						{when(answer.from, asking.timezone)} to {when(answer.to, asking.timezone)}, {answer.timezone}
					</p>
				)}
				{answer?.results.map((result) => (
					<Result key={result.ref} result={result} several={answer.results.length > 1} />
				))}
			</div>
		</Dialog>
	);
}

const when = (at: number, timeZone: string) =>
	new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" }).format(at);

function Result({ result, several }: { result: PanelResult; several: boolean }) {
	const { ref, answer, problem, cache } = result;
	return (
		<section class="explain-query" aria-label={`Query ${ref}`}>
			{several && <h3 class="explain-ref">Query {ref}</h3>}
			{problem && <p class="field-problem">{problem.detail}</p>}
			{answer && <Facts meta={answer.meta} cache={cache} live={result.live !== null} />}
			{answer?.meta.plan && (
				<details class="explain-plan">
					<summary>Plan</summary>
					<pre>{answer.meta.plan.map((step) => JSON.stringify(step, null, 2)).join("\n")}</pre>
				</details>
			)}
		</section>
	);
}

const STATES: Record<CacheState["state"], string> = {
	fresh: "within its time to live",
	stale: "older, being computed anew",
	failed: "older, the newest try failed",
};

function Facts({ meta, cache, live }: { meta: RawMeta; cache: CacheState | undefined; live: boolean }) {
	const { sentence, warn, details } = exactness({ ...meta, interval: meta.interval ?? "" });
	const facts: [string, string][] = [...details];
	if (meta.interval) facts.push(["Interval", meta.interval]);
	if (meta.coverage !== undefined) facts.push(["Read in time", `${Math.round(meta.coverage * 100)} % of the visitors`]);
	if (cache) facts.push(["Computed", `${lag(Math.max(0, Date.now() - cache.at))} ago, ${STATES[cache.state]}`]);
	if (cache?.warning) facts.push(["Warning", cache.warning]);
	facts.push(["Newest buckets", live ? "come by socket as events arrive" : "come when it is asked again"]);
	return (
		<>
			<p class={warn ? "exactness-words warn" : "exactness-words"}>{sentence}</p>
			<dl class="explain-facts">
				{facts.map(([name, value]) => (
					<div key={name} class="fact">
						<dt>{name}</dt>
						<dd>{value}</dd>
					</div>
				))}
			</dl>
		</>
	);
}
