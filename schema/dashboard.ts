/**
 * Dashboards: the JSON that is stored, exported and imported, versioned by `schema_version`. Any text in it may hold
 * variables (core/template.ts). Fields that are left out take their defaults, so that a short document is a whole one.
 */
import * as z from "zod";
import { Filter } from "./expression.ts";
import { MEASURES } from "./metric.ts";
import { INTERVALS } from "./query.ts";
import { EventMatch, FunnelDefinition, RetentionQuestion } from "./questions.ts";

export const SCHEMA_VERSION = 1;
/** The grid: 24 columns, and rows of 30 px. */
export const COLUMNS = 24;
export const ROW_PX = 30;
/** Stands for every value of a variable: conditions on it do not hold anything back. */
export { EVERY } from "./core/template.ts";
export const MAX_PANELS = 60;
/** JSON of a dashboard, UTF-8 bytes: far under what a row of D1 takes. */
export const MAX_DASHBOARD_BYTES = 256 * 1024;

const text = (most: number) => z.string().max(most);

/** Where a panel stands, in columns and rows. */
export const Grid = z
	.strictObject({
		x: z
			.int()
			.min(0)
			.max(COLUMNS - 1),
		y: z.int().min(0).max(10_000),
		w: z.int().min(2).max(COLUMNS),
		h: z.int().min(2).max(60),
	})
	.refine(({ x, w }) => x + w <= COLUMNS, `x + w is at most ${COLUMNS}`);
export type Grid = z.infer<typeof Grid>;

/** `$name` in the place of one of these words. */
const variable = (words: readonly string[]) =>
	z.string().regex(/^\$(\w{1,32}|\{\w{1,32}\})$/, `expected one of ${words.join(", ")}, or a variable such as $name`);
const IntervalOrVariable = z.union([z.enum(INTERVALS), variable(INTERVALS)]);

export const REFS = ["A", "B", "C", "D", "E", "F"] as const;
export type Ref = (typeof REFS)[number];

/** One series, or one for each group, of a panel. Range, interval and comparison are the panel's. */
export const PanelQuery = z.strictObject({
	/** What formulas call it. */
	ref: z.enum(REFS),
	/** Default: made of metric and measure. */
	label: text(100).default(""),
	/** Only for formulas. */
	hidden: z.boolean().default(false),
	metric: z.string().min(1).max(64).default("*"),
	measure: z.union([z.enum(MEASURES), variable(MEASURES)]).default("count"),
	/** All must hold, beside those that the dashboard's variables bring. Values may be variables: `["$country"]`. */
	filters: z.array(Filter).max(20).default([]),
	groupBy: z.array(z.string().min(1).max(80)).max(2).default([]),
	/** The largest groups; the rest is `(other)`. */
	limit: z.int().min(1).max(100).default(10),
	/** Estimates will not do: count from raw events. */
	exact: z.boolean().default(false),
});
export type PanelQuery = z.infer<typeof PanelQuery>;

/** Arithmetic on the queries' values, bucket by bucket and group by group: `A / B * 100` (core/formula.ts). */
export const Formula = z.strictObject({ label: text(100).default(""), expression: z.string().min(1).max(200) });
export type Formula = z.infer<typeof Formula>;

/** `auto`: told by the measure, and the site's currency. percent: of a share, 0 to 1. duration: ms. */
export const UNITS = ["auto", "count", "number", "currency", "duration", "percent"] as const;
export const TONES = ["good", "warn", "bad", "neutral"] as const;
export type Tone = (typeof TONES)[number];
/** From this value on. */
export const Threshold = z.strictObject({ value: z.number(), tone: z.enum(TONES) });
export type Threshold = z.infer<typeof Threshold>;

/** What all panels have. */
const panel = {
	/** Unique in the dashboard. */
	id: z.string().regex(/^[\w-]{1,32}$/, "1 to 32 letters, digits, - or _"),
	title: text(200).default(""),
	description: text(2000).default(""),
	grid: Grid,
};
/** What panels of numbers have. */
const numbers = {
	...panel,
	queries: z.array(PanelQuery).min(1).max(REFS.length),
	formulas: z.array(Formula).max(4).default([]),
	unit: z.enum(UNITS).default("auto"),
	decimals: z.int().min(0).max(6).nullable().default(null),
	thresholds: z.array(Threshold).max(10).default([]),
	/** A range of its own in place of the dashboard's: `now-7d`. */
	time: z
		.strictObject({ from: text(64), to: text(64) })
		.nullable()
		.default(null),
};
const chart = {
	...numbers,
	interval: IntervalOrVariable.default("auto"),
	legend: z.enum(["none", "bottom", "right"]).default("bottom"),
	/** Also the previous period. */
	compare: z.boolean().default(false),
	/** Shows `(other)`, where groups passed the limit. */
	other: z.boolean().default(true),
	min: z.number().nullable().default(null),
	max: z.number().nullable().default(null),
	/** Draws what is usual, and marks what is not (core/anomaly.ts). */
	anomalies: z.boolean().default(false),
};
const stacking = z.enum(["none", "stacked", "percent"]);

export const LinePanel = z.strictObject({ kind: z.literal("line"), ...chart });
export const AreaPanel = z.strictObject({ kind: z.literal("area"), ...chart, stacking: stacking.default("stacked") });
export const BarPanel = z.strictObject({
	kind: z.literal("bar"),
	...chart,
	stacking: stacking.default("stacked"),
	/** Bars over time, or one a group. */
	by: z.enum(["time", "group"]).default("time"),
});
export const PiePanel = z.strictObject({
	kind: z.literal("pie"),
	...numbers,
	donut: z.boolean().default(true),
	legend: z.enum(["none", "bottom", "right"]).default("right"),
	other: z.boolean().default(true),
});
export const HeatmapPanel = z.strictObject({
	kind: z.literal("heatmap"),
	...numbers,
	/**
	 * time: groups (rows) over time. week: hours of the day over days of the week. value: ranges of the events' `value`
	 * (rows) over time, of the first query that is shown; its `limit` is how many at most.
	 */
	by: z.enum(["time", "week", "value"]).default("week"),
	interval: IntervalOrVariable.default("auto"),
});
export const TablePanel = z.strictObject({
	kind: z.literal("table"),
	...numbers,
	/** A row a group, a column a query; or a row a bucket. */
	by: z.enum(["group", "time"]).default("group"),
	interval: IntervalOrVariable.default("auto"),
	compare: z.boolean().default(false),
	/** Draws each value's share of its column's largest. */
	bars: z.boolean().default(true),
	other: z.boolean().default(true),
});
export const StatPanel = z.strictObject({
	kind: z.literal("stat"),
	...numbers,
	interval: IntervalOrVariable.default("auto"),
	compare: z.boolean().default(true),
	spark: z.boolean().default(true),
	/** Of the range, or of its newest whole bucket. */
	value: z.enum(["total", "last"]).default("total"),
});
/** Its queries are grouped by country, whatever they say. */
export const MapPanel = z.strictObject({
	kind: z.literal("map"),
	...numbers,
	show: z.enum(["map", "list", "both"]).default("both"),
});
export const FunnelPanel = z.strictObject({
	kind: z.literal("funnel"),
	...panel,
	funnel: FunnelDefinition,
	filters: z.array(Filter).max(20).default([]),
	/** Split by this field at step 1. */
	breakdown: z.string().min(1).max(80).nullable().default(null),
	time: numbers.time,
});
export const RetentionPanel = z.strictObject({
	kind: z.literal("retention"),
	...panel,
	start: EventMatch,
	return: EventMatch,
	filters: z.array(Filter).max(20).default([]),
	mode: RetentionQuestion.shape.mode,
	period: RetentionQuestion.shape.period,
	periods: RetentionQuestion.shape.periods,
	on: RetentionQuestion.shape.on,
	time: numbers.time,
});
/** Markdown. HTML in it is text. */
export const TextPanel = z.strictObject({ kind: z.literal("text"), ...panel, markdown: text(20_000).default("") });

export const Panel = z.discriminatedUnion("kind", [
	LinePanel,
	AreaPanel,
	BarPanel,
	PiePanel,
	HeatmapPanel,
	TablePanel,
	StatPanel,
	MapPanel,
	FunnelPanel,
	RetentionPanel,
	TextPanel,
]);
export type Panel = z.infer<typeof Panel>;
export type PanelInput = z.input<typeof Panel>;
export type PanelKind = Panel["kind"];
export type PanelOf<Kind extends PanelKind> = Extract<Panel, { kind: Kind }>;
/** Panels that are made of queries. */
export type NumbersPanel = Extract<Panel, { queries: unknown }>;

const named = {
	name: z.string().regex(/^[a-zA-Z]\w{0,31}$/, "a letter, then letters, digits or _"),
	/** Default: the name. */
	label: text(100).default(""),
	/** Values it has where the address says none; empty: the first, or `EVERY` where `all`. */
	value: z.array(text(256)).max(200).default([]),
};
const choices = { multi: z.boolean().default(false), all: z.boolean().default(false) };

export const Variable = z.discriminatedUnion("kind", [
	/** The values that a field had in the range, most frequent first; filters may hold other variables (chained). */
	z.strictObject({
		kind: z.literal("query"),
		...named,
		...choices,
		dim: z.string().min(1).max(80),
		metric: z.string().min(1).max(64).default("*"),
		filters: z.array(Filter).max(10).default([]),
		limit: z.int().min(1).max(500).default(100),
	}),
	z.strictObject({
		kind: z.literal("list"),
		...named,
		...choices,
		options: z
			.array(z.strictObject({ value: z.string().min(1).max(256), label: text(100).default("") }))
			.min(1)
			.max(200),
	}),
	z.strictObject({ kind: z.literal("text"), ...named }),
	z.strictObject({ kind: z.literal("interval"), ...named, options: z.array(z.enum(INTERVALS)).min(1).max(8) }),
]);
export type Variable = z.infer<typeof Variable>;

/** What is drawn on the charts beside their series. */
export const AnnotationLayer = z.discriminatedUnion("kind", [
	/** Those that people and deployments made, with any of these tags; none: all. */
	z.strictObject({
		kind: z.literal("stored"),
		name: z.string().min(1).max(60).default("Annotations"),
		enabled: z.boolean().default(true),
		/** Tags may be variables. */
		tags: z.array(text(60)).max(20).default([]),
	}),
	/** Where a series of panels with `anomalies` left its band. */
	z.strictObject({
		kind: z.literal("anomalies"),
		name: z.string().min(1).max(60).default("Anomalies"),
		enabled: z.boolean().default(true),
	}),
]);
export type AnnotationLayer = z.infer<typeof AnnotationLayer>;

export const REFRESH = ["off", "live", "10s", "30s", "1m", "5m", "15m", "1h"] as const;

const unique = (names: readonly string[]) => new Set(names).size === names.length;
const zone = z.union([z.enum(["site", "browser"]), text(64)]);

export const Dashboard = z.strictObject({
	schema_version: z.literal(SCHEMA_VERSION).default(SCHEMA_VERSION),
	title: z.string().trim().min(1).max(100),
	description: text(2000).default(""),
	tags: z.array(z.string().trim().min(1).max(40)).max(20).default([]).refine(unique, "each tag once"),
	/** `site`, `browser`, or an IANA zone. */
	timezone: zone.default("site"),
	time: z.strictObject({ from: text(64), to: text(64) }).default({ from: "now-24h", to: "now" }),
	/** live: what sockets can bring comes by them, the rest every 30 s. */
	refresh: z.enum(REFRESH).default("live"),
	variables: z
		.array(Variable)
		.max(20)
		.default([])
		.refine((all) => unique(all.map(({ name }) => name)), "each name once"),
	annotations: z
		.array(AnnotationLayer)
		.max(10)
		.default([{ kind: "stored", name: "Annotations", enabled: true, tags: [] }]),
	panels: z
		.array(Panel)
		.max(MAX_PANELS)
		.default([])
		.refine((all) => unique(all.map(({ id }) => id)), "each id once"),
});
export type Dashboard = z.infer<typeof Dashboard>;
export type DashboardInput = z.input<typeof Dashboard>;

/** Who did something: a person, or the name of a key. */
export const Author = z.object({ kind: z.enum(["user", "key", "share", "system"]), id: z.string(), name: z.string() });
export type Author = z.infer<typeof Author>;

const version = z.int().positive();
/** Times are epoch ms. */
const stored = {
	uid: z.string(),
	version,
	created_at: z.number(),
	created_by: Author,
	updated_at: z.number(),
	updated_by: Author,
};
/** A stored dashboard. */
export const DashboardRecord = z.object({ ...stored, dashboard: Dashboard });
export type DashboardRecord = z.infer<typeof DashboardRecord>;
/** What lists show of one. */
export const DashboardSummary = z.object({
	...stored,
	title: z.string(),
	description: z.string(),
	tags: z.array(z.string()),
	panels: z.int(),
});
export type DashboardSummary = z.infer<typeof DashboardSummary>;

/** POST /v1/dashboards: one that is whole, or a template's by id. `uid` only where an exported one comes back. */
export const NewDashboard = z.strictObject({
	dashboard: Dashboard.optional(),
	template: z.string().max(40).optional(),
	message: text(200).default(""),
});
/** PUT /v1/dashboards/:uid. `version`: what the change started from; 409 where that is not the newest. */
export const DashboardChange = z.strictObject({ dashboard: Dashboard, version, message: text(200).default("") });
/** POST /v1/dashboards/:uid/panels: adds one at the end, whatever the version; `grid` and `id` are chosen. */
export const PanelAddition = z.strictObject({ panel: z.record(z.string(), z.unknown()) });

export const VersionSummary = z.object({ version, at: z.number(), by: Author, message: z.string(), title: z.string() });
export type VersionSummary = z.infer<typeof VersionSummary>;

/** One difference: a JSON pointer (panels by id, variables by name: `/panels/p1/title`), and both values. */
export const Difference = z.object({
	path: z.string(),
	kind: z.enum(["added", "removed", "changed", "moved"]),
	before: z.unknown().optional(),
	after: z.unknown().optional(),
});
export type Difference = z.infer<typeof Difference>;

/** The file of an export, which POST /v1/dashboards/import takes back. */
export const DashboardFile = z.strictObject({
	$schema: z.string().optional(),
	nowcast: z.literal("dashboard"),
	uid: z.string().max(40).optional(),
	dashboard: Dashboard,
});
export type DashboardFile = z.infer<typeof DashboardFile>;
