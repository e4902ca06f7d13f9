/** What the Overview's filters mean for each of its figures, which are of events or of sessions. */
import type { CUBE_DIMENSIONS, OPEN_DIMENSIONS } from "../../../schema/metric.ts";
import type { Filter, QueryInput } from "../../../schema/query.ts";
import type { List } from "./lists.ts";
import type { Stat } from "./stats.ts";
import type { View } from "./view.ts";
import { NONE, SESSION } from "./words.ts";

const ANY_EVENT = "*";

type Narrowing = Pick<View, "filters" | "segments">;

/** Dimensions that every window is cut by: filters on these, and on the declared ones, are answered at once, and live. */
export const CUBE: typeof CUBE_DIMENSIONS = ["country", "device"];
export const OPEN: typeof OPEN_DIMENSIONS = [
	"path",
	"entry",
	"referrer",
	"channel",
	"browser",
	"os",
	"utm_source",
	"utm_medium",
	"utm_campaign",
];
const ENTRY: (typeof OPEN)[1] = "entry";
const PAGE: (typeof OPEN)[0] = "path";

/** How a visit came about is told by its first event only: the pages after it have no referrer from outside. */
const SOURCES: readonly string[] = ["referrer", "channel", "utm_source", "utm_medium", "utm_campaign"];

export type QuestionFilter = NonNullable<QueryInput["filters"]>[number];

/** The filters of a question about sessions, or about events. */
export const questionFilters = ({ filters, segments }: Narrowing, metric: string): QuestionFilter[] => [
	...filters.map((filter) => (isSource(filter.dim) && metric !== SESSION ? visitorsBy(filter) : filter)),
	...segments.map(({ id, negated }) => (negated ? { not: { segment: id } } : { segment: id })),
];

/** Told by a session: by its first event. */
export const isOfSessions = (dim: string): boolean => dim === ENTRY || isSource(dim);
const isSource = (dim: string): boolean => SOURCES.includes(dim);

/** What every event has that begins no visit. */
const isUntold = (dim: string, value: string) => value === NONE || (dim === "channel" && value === "direct");

/**
 * Events of visitors who came that way, since events of one visit do not all say how it began. Who came from nowhere
 * in particular never came from anywhere.
 */
function visitorsBy({ dim, op, values }: Filter): QuestionFilter {
	const [untold, told] = [true, false].map((is) => values.filter((value) => isUntold(dim, value) === is));
	const ways: QuestionFilter[] = [];
	if (told?.length) ways.push({ did: ANY_EVENT, where: { dim, op: "in", values: told } });
	if (untold?.length) {
		const from = dim === "channel" ? [NONE, "direct"] : [NONE];
		ways.push({ not: { did: ANY_EVENT, where: { dim, op: "nin", values: from } } });
	}
	const [first, ...others] = ways;
	const came: QuestionFilter = first && others.length === 0 ? first : { or: ways };
	return op === "neq" || op === "nin" ? { not: came } : came;
}

/** The filters as sockets take them; null where one is more than sockets know, and raw events have to be counted. */
export function liveFilters({ filters, segments }: Narrowing, dimensions: readonly string[]): Filter[] | null {
	const cube = [...CUBE, ...dimensions];
	return segments.length === 0 && filters.every(({ dim }) => cube.includes(dim)) ? filters : null;
}

const has = ({ filters }: Narrowing, dim: string) => filters.some((filter) => filter.dim === dim);

/** Only sessions have an entry page. */
const bySession = (narrowing: Narrowing): boolean => has(narrowing, ENTRY);

/** What a figure is asked as; null where a filter has no meaning for it. Views by entry page are those of the sessions. */
export function statMetric({ metric, measure }: Stat, narrowing: Narrowing): Pick<Stat, "metric" | "measure"> | null {
	if (metric === SESSION || !bySession(narrowing)) return { metric, measure };
	return metric === "pageview" ? { metric: SESSION, measure: "views" } : null;
}

/** The list under these filters; null where one has no meaning for it. By entry page, visitors are told by their sessions. */
export function listUnder(list: List, narrowing: Narrowing): List | null {
	if (list.metric === SESSION || !bySession(narrowing)) return list;
	if (list.measure !== "uniques") return null;
	return { ...list, metric: SESSION, measure: "sessions", unit: "Sessions", nothing: "No sessions" };
}

/** Lists of events alone have no meaning under these filters. */
export const countsEvents = (narrowing: Narrowing): boolean => !bySession(narrowing);

/** What has to be said about the filters, so that no figure is taken for what it is not. */
export function scopeNotes(narrowing: Narrowing): string[] {
	return [
		...(narrowing.filters.some(({ dim }) => isSource(dim))
			? ["Events are told apart by how their visitor came, sessions by how they began."]
			: []),
		...(has(narrowing, PAGE)
			? ["Events are told apart by the page they happened on, sessions by the page they began on."]
			: []),
		...(has(narrowing, ENTRY) ? ["Counted by sessions: events have no entry page."] : []),
	];
}
