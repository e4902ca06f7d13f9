import type { Reason } from "../../../schema/metric.ts";
import type { Answer } from "../../../schema/query.ts";

export interface ReasonRow {
	reason: Reason;
	value: number;
	label: string;
	why: string;
}

/** What happened to events that did not count, or not as they were sent. */
const REASONS: Record<Reason, { label: string; one?: string; why: string }> = {
	duplicate: { label: "duplicates", one: "duplicate", why: "Sent again after a retry. Counted once." },
	late: { label: "late", why: "Too old to be told from duplicates. Kept in the archive, not in charts." },
	bot: { label: "bots", one: "bot", why: "Crawlers and headless browsers." },
	invalid: { label: "invalid", why: "Did not read as an event. The answer told the sender why." },
	origin: { label: "foreign origin", why: "Came from a page that this key does not allow." },
	quota: { label: "over quota", why: "Past the site's events per second." },
	clamped: { label: "from the future", why: "The sender's clock runs ahead. Counted at the time of arrival." },
	blocked: { label: "blocked", why: "Refused by a rule of the site." },
};

/** These do count, if not when they claim to have happened. */
const COUNTED = new Set<Reason>(["clamped"]);

const isReason = (text: string): text is Reason => text in REASONS;

/** The rows of a breakdown of `ingest`: what did not count, and what did but otherwise than sent. A reason with nothing has no row. */
export function reasonRows({ table = [] }: Pick<Answer, "table">): { uncounted: ReasonRow[]; counted: ReasonRow[] } {
	const rows = table.flatMap(({ group, value }) => {
		const reason = group.reason ?? "";
		if (!value || !isReason(reason)) return [];
		const { label, one = label, why } = REASONS[reason];
		return [{ reason, value, label: value === 1 ? one : label, why }];
	});
	return {
		uncounted: rows.filter((row) => !COUNTED.has(row.reason)),
		counted: rows.filter((row) => COUNTED.has(row.reason)),
	};
}
