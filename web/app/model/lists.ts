import type { Measure } from "../../../schema/metric.ts";

/** One tab of a list card: a breakdown. */
export interface List {
	id: string;
	label: string;
	metric: string;
	measure: Measure;
	dim: string;
	/** Head of the column of numbers. */
	unit: string;
	/** What its empty state says is missing. */
	nothing: string;
}

export interface Card {
	id: string;
	title: string;
	lists: List[];
}

const visitors = { metric: "*", measure: "uniques", unit: "Visitors" } as const;
const sessions = { metric: "session", measure: "sessions", unit: "Sessions" } as const;
const views = { metric: "pageview", measure: "count", unit: "Views" } as const;

export const CARDS: readonly Card[] = [
	{
		id: "pages",
		title: "Pages",
		lists: [
			{ id: "top", label: "Pages", ...views, dim: "path", nothing: "No page views" },
			{ id: "entry", label: "Entry pages", ...sessions, dim: "entry", nothing: "No sessions" },
		],
	},
	{
		id: "sources",
		title: "Sources",
		lists: [
			{ id: "referrers", label: "Referrers", ...sessions, dim: "referrer", nothing: "No sessions" },
			{ id: "channels", label: "Channels", ...sessions, dim: "channel", nothing: "No sessions" },
			{
				id: "campaigns",
				label: "Campaigns",
				...sessions,
				dim: "utm_campaign",
				nothing: "No sessions with a campaign",
			},
		],
	},
	{
		id: "places",
		title: "Countries",
		lists: [{ id: "countries", label: "Countries", ...visitors, dim: "country", nothing: "No visitors" }],
	},
	{
		id: "devices",
		title: "Devices",
		lists: [
			{ id: "device", label: "Devices", ...visitors, dim: "device", nothing: "No visitors" },
			{ id: "browser", label: "Browsers", ...visitors, dim: "browser", nothing: "No visitors" },
			{ id: "os", label: "OS", ...visitors, dim: "os", nothing: "No visitors" },
		],
	},
];

/** A tab for each dimension that the site declared. */
export const declaredLists = (dimensions: readonly string[]): List[] =>
	dimensions.map((dim) => ({
		id: dim,
		label: title(dim),
		...visitors,
		dim,
		nothing: `No events with ${dim}`,
	}));

/** `plan_name` → `Plan name`. */
export function title(dim: string): string {
	const words = dim.replace(/[_-]+/g, " ");
	return words.slice(0, 1).toUpperCase() + words.slice(1);
}
