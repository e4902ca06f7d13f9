import type { Filter } from "../../../schema/query.ts";
import { DEFAULT_PRESET, PRESETS, type Range } from "./range.ts";

/** All that decides what the page shows. It lives in the URL, so that a link is what you see; a key never does. */
export interface View {
	range: Range;
	filters: Filter[];
	/** Id of the selected stat. */
	stat: string;
	compare: boolean;
	/** Chosen tab of each card, where it is not the first. */
	tabs: Record<string, string>;
}

export const DEFAULT_VIEW: View = { range: DEFAULT_PRESET, filters: [], stat: "visitors", compare: true, tabs: {} };

const OPS = ["eq", "neq", "in", "nin"] as const;
const MAX_FILTERS = 10;

function readRange(text: string | null): Range {
	const preset = PRESETS.find((p) => p.id === text);
	if (preset) return preset.id;
	const span = /^(\d{12,14})-(\d{12,14})$/.exec(text ?? "");
	const from = Number(span?.[1]);
	const to = Number(span?.[2]);
	return span && from < to ? { from, to } : DEFAULT_VIEW.range;
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

/** Anything unreadable falls back to its default: an old link still opens. */
export function readView(search: string): View {
	const params = new URLSearchParams(search);
	const tabs: Record<string, string> = {};
	for (const [key, value] of params) if (key.startsWith("tab.")) tabs[key.slice(4)] = value;
	return {
		range: readRange(params.get("range")),
		filters: params
			.getAll("f")
			.map(readFilter)
			.filter((f) => f !== null)
			.slice(0, MAX_FILTERS),
		stat: params.get("stat") ?? DEFAULT_VIEW.stat,
		compare: params.get("compare") !== "off",
		tabs,
	};
}

/** The search string, with defaults left out: `""` or `?range=7d&…`. */
export function writeView(view: View): string {
	const params = new URLSearchParams();
	if (view.range !== DEFAULT_VIEW.range)
		params.set("range", typeof view.range === "string" ? view.range : `${view.range.from}-${view.range.to}`);
	if (view.stat !== DEFAULT_VIEW.stat) params.set("stat", view.stat);
	if (!view.compare) params.set("compare", "off");
	for (const filter of view.filters) params.append("f", writeFilter(filter));
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
