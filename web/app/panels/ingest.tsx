import type { Reason } from "../../../schema/metric.ts";
import { ask } from "../api.ts";
import { useLoaded } from "../loader.ts";
import { full, short } from "../model/format.ts";
import { rangeQuery } from "../model/range.ts";
import { useWorkspace, view } from "../state.ts";

const REASONS: Record<Reason, { label: string; why: string }> = {
	duplicate: { label: "duplicates", why: "Sent again after a retry. Counted once." },
	late: { label: "late", why: "Older than duplicates can be told apart. Archived, not counted." },
	bot: { label: "bots", why: "Crawlers and headless browsers." },
	invalid: { label: "invalid", why: "Did not read as an event. The answer told the sender why." },
	origin: { label: "foreign origin", why: "Came from a site that this key does not allow." },
	quota: { label: "over quota", why: "Past the site's events per second." },
	clamped: { label: "clamped", why: "Claimed to be from the future. Counted, at the time of arrival." },
	blocked: { label: "blocked", why: "Matched one of the site's block rules." },
};

const isReason = (text: string): text is Reason => text in REASONS;

/** Every event that did not count is a number that the site's owner can see. */
export function Uncounted() {
	const { slowTick } = useWorkspace();
	const { from, to } = rangeQuery(view.value.range);
	const query = {
		kind: "breakdown",
		metric: "ingest",
		measure: "count",
		from,
		to,
		groupBy: ["reason"],
		limit: 20,
	} as const;
	const { data, failure } = useLoaded(
		JSON.stringify(query),
		(abort) => ask({ ...query, groupBy: ["reason"] }, abort),
		slowTick,
	);
	const rows = (data?.table ?? []).flatMap(({ group, value }) => {
		const reason = group.reason ?? "";
		return value && isReason(reason) ? [{ reason, value, ...REASONS[reason] }] : [];
	});
	if (!data) return <p class="uncounted muted">{failure ? "What did not count could not be loaded." : " "}</p>;
	if (rows.length === 0) return <p class="uncounted muted">Everything that arrived in this period was counted.</p>;
	return (
		<details class="uncounted">
			<summary>
				<span>What did not count</span>
				{rows.map((row) => (
					<span class="reason" key={row.reason}>
						<b title={full(row.value, "number")}>{short(row.value)}</b> {row.label}
					</span>
				))}
			</summary>
			<dl>
				{rows.map((row) => (
					<div key={row.reason}>
						<dt>
							<b>{full(row.value, "number")}</b> {row.label}
						</dt>
						<dd>{row.why}</dd>
					</div>
				))}
			</dl>
		</details>
	);
}
