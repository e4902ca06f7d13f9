/** Differences between two versions of a dashboard, in a sentence each; moves of panels in one for all. */
import type { Dashboard, Difference } from "../../../../../schema/dashboard.ts";
import type { Conflict } from "../../../../../schema/dashboard-diff.ts";
import { panelName } from "./panels.ts";

/** What fields are called in sentences; others by their own name. */
const FIELDS: Record<string, string> = {
	anomalies: "marking of anomalies",
	annotations: "annotation layers",
	bars: "bars in the cells",
	breakdown: "split",
	by: "what it is drawn by",
	compare: "comparison",
	expression: "formula",
	exact: "exact counting",
	filters: "filters",
	formulas: "formulas",
	funnel: "funnel",
	grid: "place and size",
	groupBy: "split",
	h: "height",
	hidden: "visibility",
	kind: "kind",
	limit: "most groups",
	max: "upper end of the axis",
	min: "lower end of the axis",
	multi: "choice of several values",
	all: "choice of all values",
	other: "row of the other groups",
	panels: "panels",
	queries: "queries",
	refresh: "refresh",
	schema_version: "schema version",
	show: "what is shown",
	spark: "small chart",
	time: "time range",
	timezone: "time zone",
	variables: "variables",
	w: "width",
	x: "column",
	y: "row",
};

/** The parts of a JSON pointer. */
export const pointerParts = (path: string): string[] =>
	path
		.split("/")
		.slice(1)
		.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

const MOST_LETTERS = 40;

/** A value that fits into a sentence; null for one that does not. */
function shortValue(value: unknown): string | null {
	if (value === undefined) return null;
	if (value === null) return "nothing";
	if (typeof value === "boolean") return value ? "on" : "off";
	if (typeof value === "number") return String(value);
	if (typeof value === "string") {
		if (value === "") return "nothing";
		return value.length <= MOST_LETTERS && !value.includes("\n") ? `“${value}”` : null;
	}
	if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
		const list = value.length === 0 ? "nothing" : value.join(", ");
		return list.length <= MOST_LETTERS ? list : null;
	}
	if (typeof value === "object" && "from" in value && "to" in value) return `${value.from} to ${value.to}`;
	return null;
}

function isNamed(value: unknown): value is { title?: string; name?: string; kind?: string } {
	return typeof value === "object" && value !== null;
}

/** What the difference is of: a panel, a variable, a layer, or the dashboard itself. */
function subject(
	{ path, before, after }: Difference,
	versions: readonly Dashboard[],
): { name: string; rest: string[] } {
	const [list = "", key = "", ...rest] = pointerParts(path);
	if (list === "panels" && key !== "") {
		const panels = versions.flatMap(({ panels }) => panels.filter(({ id }) => id === key));
		const whole = rest.length === 0 ? (after ?? before) : undefined;
		const [panel] = panels;
		const own = isNamed(whole) && typeof whole.title === "string" && whole.title !== "" ? whole.title : null;
		return { name: `Panel “${own ?? (panel ? panelName(panel) : key)}”`, rest };
	}
	if (list === "variables" && key !== "") return { name: `Variable $${key}`, rest };
	if (list === "annotations" && key !== "") return { name: `Annotation layer ${key}`, rest };
	return { name: "Dashboard", rest: key === "" ? [list] : [list, key, ...rest] };
}

/** `formula 1`, `query A, filters`, `time range`. */
function fieldName(parts: readonly string[]): string {
	return parts
		.map((part, i) => {
			if (part === "queries" && parts[i + 1] !== undefined) return "query";
			if (part === "formulas" && parts[i + 1] !== undefined) return "formula";
			if (/^\d+$/.test(part)) return String(Number(part) + 1);
			return FIELDS[part] ?? part;
		})
		.join(" ");
}

/** Is it of a panel's place or size, and nothing else? */
const isPlace = ({ path }: Difference): boolean => /^\/panels\/[^/]+\/grid$/.test(path);

/** "Panel “Visitors”: title changed from “Vistors” to “Visitors”". `versions`: where names are found, best first. */
export function differenceWords(difference: Difference, versions: readonly Dashboard[]): string {
	const { name, rest } = subject(difference, versions);
	const { kind, before, after } = difference;
	if (rest.length === 0 || (rest.length === 1 && rest[0] === "")) {
		if (kind === "changed") return `${name} changed`;
		return `${name} was ${kind}`;
	}
	const field = fieldName(rest);
	if (isPlace(difference)) return `${name}: moved or resized`;
	if (kind === "moved") return `${name}: order of ${field} changed`;
	if (kind === "added") return `${name}: ${field} was added${told(" as ", after)}`;
	if (kind === "removed") return `${name}: ${field} was removed${told(", was ", before)}`;
	const [was, is] = [shortValue(before), shortValue(after)];
	return was === null || is === null ? `${name}: ${field} changed` : `${name}: ${field} changed from ${was} to ${is}`;
}

function told(joint: string, value: unknown): string {
	const words = shortValue(value);
	return words === null ? "" : joint + words;
}

/** A line of a list of changes. */
export interface Line {
	text: string;
	/** Of a line that stands for several changes: what each is of. */
	names: string[];
}

const movedWords = (panels: number) => `${panels} panels moved or resized`;

/** A line a difference; but who moves one panel moves others with it, and that is one line, the last. */
export function changeLines(differences: readonly Difference[], versions: readonly Dashboard[]): Line[] {
	const places = differences.filter(isPlace);
	const several = places.length > 1;
	const lines = differences
		.filter((one) => !(several && isPlace(one)))
		.map((one) => ({ text: differenceWords(one, versions), names: [] }));
	if (!several) return lines;
	return [...lines, { text: movedWords(places.length), names: places.map((one) => subject(one, versions).name) }];
}

/** Something both changed: whose change stands is chosen for all of its paths at once. */
export interface Choice {
	paths: string[];
	mine: string;
	theirs: string;
}

/** A choice a conflict; one for all places, because a layout that is half mine and half theirs is neither. */
export function choices(conflicts: readonly Conflict[], versions: readonly Dashboard[]): Choice[] {
	const places = conflicts.filter(({ mine }) => isPlace(mine));
	const several = places.length > 1;
	const each = conflicts
		.filter(({ mine }) => !(several && isPlace(mine)))
		.map(({ path, mine, theirs }) => ({
			paths: [path],
			mine: differenceWords(mine, versions),
			theirs: differenceWords(theirs, versions),
		}));
	if (!several) return each;
	const words = movedWords(places.length);
	return [...each, { paths: places.map(({ path }) => path), mine: words, theirs: words }];
}
