import type { Filter } from "../../../schema/query.ts";
import { DEFAULT_PRESET, PRESETS, type Range } from "./range.ts";

/** What the site can be looked at with. All but the first are loaded when they are opened (explore/). */
export const PAGES = [
	"overview",
	"explore",
	"funnels",
	"retention",
	"paths",
	"lifecycle",
	"visitors",
	"events",
] as const;
export type PageId = (typeof PAGES)[number];

/** A saved segment that everything is narrowed to, or to what is outside of it. */
export interface SegmentChoice {
	id: string;
	negated: boolean;
}

/** All that decides what the page shows. It lives in the URL, so that a link is what you see; a key never does. */
export interface View {
	page: PageId;
	/** What a page other than the Overview asks, as its own form writes it; "" where nobody changed it. */
	question: string;
	range: Range;
	filters: Filter[];
	segments: SegmentChoice[];
	/** Id of the selected stat. */
	stat: string;
	compare: boolean;
	/** Chosen tab of each card, where it is not the first. */
	tabs: Record<string, string>;
}

export const DEFAULT_VIEW: View = {
	page: "overview",
	question: "",
	range: DEFAULT_PRESET,
	filters: [],
	segments: [],
	stat: "visitors",
	compare: true,
	tabs: {},
};

/** Questions about behaviour need more than a day to have an answer. */
const EXPLORED: Range = "30d";

/** A page as it opens. */
export const pageView = (page: PageId): View => ({
	...DEFAULT_VIEW,
	page,
	range: page === "overview" ? DEFAULT_PRESET : EXPLORED,
});

const OPS = ["eq", "neq", "in", "nin"] as const;
const MAX_FILTERS = 10;

function readRange(text: string | null, fallback: Range): Range {
	const preset = PRESETS.find((p) => p.id === text);
	if (preset) return preset.id;
	const span = /^(\d{12,14})-(\d{12,14})$/.exec(text ?? "");
	const from = Number(span?.[1]);
	const to = Number(span?.[2]);
	return span && from < to ? { from, to } : fallback;
}

/** `f=country.in:DE,FR`; commas and percent signs within values are escaped. */
function readFilter(text: string): Filter | null {
	const parts = /^([^.:]{1,64})\.(eq|neq|in|nin):(.+)$/s.exec(text);
	const [, dim, opText, list] = parts ?? [];
	const op = OPS.find((o) => o === opText);
	if (dim === undefined || op === undefined || list === undefined) return null;
	try {
		return { dim, op, values: list.split(",").map(decodeURIComponent) };
	} catch {
		return null;
	}
}

const writeValue = (value: string) => value.replaceAll("%", "%25").replaceAll(",", "%2C");
const writeFilter = (f: Filter) => `${f.dim}.${f.op}:${f.values.map(writeValue).join(",")}`;

/** `s=seg_…`, and `s=!seg_…` for what is outside of it. */
function readSegment(text: string): SegmentChoice | null {
	const [, not, id] = /^(!?)([\w-]{1,64})$/.exec(text) ?? [];
	return id === undefined ? null : { id, negated: not === "!" };
}

const writeSegment = ({ id, negated }: SegmentChoice) => `${negated ? "!" : ""}${id}`;

/** Anything unreadable falls back to its default: an old link still opens. */
export function readView(search: string): View {
	const params = new URLSearchParams(search);
	const page = PAGES.find((p) => p === params.get("page")) ?? DEFAULT_VIEW.page;
	const tabs: Record<string, string> = {};
	for (const [key, value] of params) if (key.startsWith("tab.")) tabs[key.slice(4)] = value;
	return {
		page,
		question: params.get("q") ?? DEFAULT_VIEW.question,
		range: readRange(params.get("range"), pageView(page).range),
		filters: params
			.getAll("f")
			.map(readFilter)
			.filter((f) => f !== null)
			.slice(0, MAX_FILTERS),
		segments: params
			.getAll("s")
			.map(readSegment)
			.filter((s) => s !== null)
			.slice(0, MAX_FILTERS),
		stat: params.get("stat") ?? DEFAULT_VIEW.stat,
		compare: params.get("compare") !== "off",
		tabs,
	};
}

/** The search string, with defaults left out: `""` or `?range=7d&…`. */
export function writeView(view: View): string {
	const params = new URLSearchParams();
	if (view.page !== DEFAULT_VIEW.page) params.set("page", view.page);
	if (view.question !== "") params.set("q", view.question);
	if (view.range !== pageView(view.page).range)
		params.set("range", typeof view.range === "string" ? view.range : `${view.range.from}-${view.range.to}`);
	if (view.stat !== DEFAULT_VIEW.stat) params.set("stat", view.stat);
	if (!view.compare) params.set("compare", "off");
	for (const filter of view.filters) params.append("f", writeFilter(filter));
	for (const segment of view.segments) params.append("s", writeSegment(segment));
	for (const [card, tab] of Object.entries(view.tabs)) params.set(`tab.${card}`, tab);
	const text = params.toString();
	return text === "" ? "" : `?${text}`;
}

/** Adds the value to the dimension's filter, or takes it out where it is in; a filter with no values left goes. */
export function toggleFilter(filters: readonly Filter[], dim: string, value: string): Filter[] {
	const current = filters.find((f) => f.dim === dim && f.op === "in");
	if (!current) return [...filters, { dim, op: "in", values: [value] }];
	const values = current.values.includes(value)
		? current.values.filter((v) => v !== value)
		: [...current.values, value];
	const rest = filters.filter((f) => f !== current);
	return values.length === 0 ? rest : filters.map((f) => (f === current ? { ...current, values } : f));
}

/** Is this value the one (or among those) filtered to? */
export const isFiltered = (filters: readonly Filter[], dim: string, value: string): boolean =>
	filters.some((f) => f.dim === dim && f.op === "in" && f.values.includes(value));

/** Nothing narrowed: what "clear" shows. */
export const UNFILTERED: Pick<View, "filters" | "segments"> = { filters: [], segments: [] };

export const isNarrowed = ({ filters, segments }: View): boolean => filters.length + segments.length > 0;

/** Adds the segment, or takes it away where it is chosen, in or out. */
export const toggleSegment = (segments: readonly SegmentChoice[], id: string): SegmentChoice[] =>
	segments.some((chosen) => chosen.id === id)
		? segments.filter((chosen) => chosen.id !== id)
		: [...segments, { id, negated: false }];
