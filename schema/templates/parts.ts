/** What the templates have in common. */
import type { DashboardInput, Grid, PanelInput, PanelQuery } from "../dashboard.ts";
import type { FilterInput } from "../expression.ts";

type Variables = NonNullable<DashboardInput["variables"]>;
type Layers = NonNullable<DashboardInput["annotations"]>;
type FunnelStep = Extract<PanelInput, { kind: "funnel" }>["funnel"]["steps"][number];
type QueryInput = Partial<Omit<PanelQuery, "filters" | "ref">> & { filters?: FilterInput[] };

export const at = (x: number, y: number, w: number, h: number): Grid => ({ x, y, w, h });

/** Both are dimensions of the windows: what is chosen is answered at once, and live. */
export const COUNTRY: Variables[number] = {
	kind: "query",
	name: "country",
	label: "Country",
	dim: "country",
	multi: true,
	all: true,
};
export const DEVICE: Variables[number] = {
	kind: "query",
	name: "device",
	label: "Device",
	dim: "device",
	multi: true,
	all: true,
};
export const INTERVAL: Variables[number] = {
	kind: "interval",
	name: "interval",
	label: "Interval",
	options: ["auto", "5m", "1h", "1d", "1w"],
};

/** Only what the viewer chose of the two variables above. */
export const CHOSEN: FilterInput[] = [
	{ dim: "country", op: "in", values: ["$country"] },
	{ dim: "device", op: "in", values: ["$device"] },
];

export const LAYERS: Layers = [{ kind: "stored", name: "Annotations" }, { kind: "anomalies" }];

/** Query A, B, … of a panel, in that order, each of what the viewer chose. */
export const asked = (...queries: QueryInput[]) =>
	unfiltered(...queries.map((query) => ({ filters: CHOSEN, ...query })));

/** The same of everything: refused events have no country and no device. */
export function unfiltered(...queries: QueryInput[]) {
	const refs = ["A", "B", "C", "D", "E", "F"] as const;
	return queries.slice(0, refs.length).map((query, i) => ({ ref: refs[i] ?? "A", ...query }));
}

/** Of a stat: those who sent an event, as a share of all visitors. `who` and `share` say what the two are called. */
export const visitorsWho = (metric: string, who: string, share: string) => ({
	queries: asked(
		{ metric, measure: "uniques", label: who, hidden: true },
		{ measure: "uniques", label: "Visitors", hidden: true },
	),
	formulas: [{ label: share, expression: "A / B" }],
	unit: "percent" as const,
});

/** Of a bar panel: one bar a group, which has its name beside it. */
export const BARS = { by: "group", stacking: "none", legend: "none" } as const;

/** A step of funnels. */
export const CHECKOUT: FunnelStep = {
	event: "pageview",
	label: "Begins the checkout",
	filters: [{ dim: "path", op: "contains", values: ["/checkout"] }],
};
