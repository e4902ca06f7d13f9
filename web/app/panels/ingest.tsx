import type { QueryInput } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { useLoaded } from "../loader.ts";
import { full, short } from "../model/format.ts";
import { rangeQuery } from "../model/range.ts";
import { type ReasonRow, reasonRows } from "../model/reasons.ts";
import { INGEST } from "../model/words.ts";
import { useWorkspace, view } from "../state.ts";

const question = ({ from, to }: Pick<QueryInput, "from" | "to">): QueryInput => ({
	kind: "breakdown",
	metric: INGEST,
	measure: "count",
	from,
	to,
	groupBy: ["reason"],
	limit: 20,
});

/** Every event that did not count is a number that the site's owner can see. */
export function Uncounted() {
	const { slowTick } = useWorkspace();
	const query = question(rangeQuery(view.value.range));
	const { data, failure } = useLoaded(JSON.stringify(query), (abort) => ask(query, abort), slowTick);
	if (!data) return <p class="uncounted muted">{failure ? "What did not count could not be loaded." : " "}</p>;
	const { uncounted, counted } = reasonRows(data);
	const all = "Everything that arrived in this period was counted.";
	if (uncounted.length + counted.length === 0) return <p class="uncounted muted">{all}</p>;
	return (
		<details class="uncounted">
			<summary>
				<span>{uncounted.length > 0 ? "What did not count" : all}</span>
				<Reasons rows={uncounted} />
				{counted.length > 0 && <span class="apart">Counted at arrival</span>}
				<Reasons rows={counted} />
			</summary>
			<ReasonList rows={[...uncounted, ...counted]} />
		</details>
	);
}

const Reasons = ({ rows }: { rows: ReasonRow[] }) => (
	<>
		{rows.map((row) => (
			<span key={row.reason}>
				<b title={full(row.value, "number")}>{short(row.value)}</b> {row.label}
			</span>
		))}
	</>
);

const ReasonList = ({ rows }: { rows: ReasonRow[] }) => (
	<dl class="reasons">
		{rows.map((row) => (
			<div key={row.reason} class="reason">
				<dt>
					<b>{full(row.value, "number")}</b> {row.label}
				</dt>
				<dd>{row.why}</dd>
			</div>
		))}
	</dl>
);

/**
 * For a first screen that waits: events that came and did not count, and why. `count` is how many there are, by the
 * socket: the reasons are asked again when it changes.
 */
export function Refused({ count }: { count: number }) {
	const { tick } = useWorkspace();
	const query = question({ from: "now-24h", to: "now" });
	const { data } = useLoaded(
		JSON.stringify([query, count]),
		(abort) => (count === 0 ? Promise.resolve({}) : ask(query, abort)),
		tick,
	);
	const rows = data ? reasonRows(data).uncounted : [];
	if (rows.length === 0) return null;
	return (
		<section class="refused" aria-label="What did not count" aria-live="polite">
			<strong>Something arrived that did not count</strong>
			<ReasonList rows={rows} />
		</section>
	);
}
