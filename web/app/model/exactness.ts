import type { Meta } from "../../../schema/query.ts";
import { lag, margin } from "./format.ts";

const SOURCES: Record<Meta["sources"][number], string> = {
	window: "live counters",
	d1: "stored hours and days",
	engine: "a sample of events",
	archive: "archived events",
	log: "events not archived yet",
};

/** Live promises a second; at three a person would see the difference. */
const LATE_MS = 3_000;

export interface Exactness {
	/** One calm sentence. */
	sentence: string;
	/** Something is wrong with the answer, not only rounded. */
	warn: boolean;
	/** What is behind it: name and value. */
	details: [string, string][];
}

function precision({ exact, error, sampled }: Meta): string {
	if (sampled) return "Estimated from a sample";
	if (exact) return "Exact";
	return error === null ? "Estimated" : `Estimated to within ${margin(error)}`;
}

/** How exact and how fresh an answer is, in plain words (I6). */
export function exactness(meta: Meta): Exactness {
	const how = precision(meta);
	const stale = meta.stale === true;
	const late = meta.behind_ms > LATE_MS;
	const when = stale ? "parts may be missing or old" : late ? `${lag(meta.behind_ms)} behind` : "up to date";
	const sources = meta.sources.map((source) => SOURCES[source] ?? source).join(" and ");
	return {
		sentence: `${how}, ${when}.`,
		warn: stale || late,
		details: [
			["Precision", meta.error === null ? how : `${how}, 19 times out of 20`],
			["Behind live", lag(meta.behind_ms)],
			["Answered from", sources || "nothing: there is no data yet"],
			["Read", `${meta.rows_read.toLocaleString("en")} rows in ${Math.max(1, Math.round(meta.took_ms))} ms`],
			["Time zone", meta.timezone],
		],
	};
}
