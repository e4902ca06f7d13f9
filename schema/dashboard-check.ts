/**
 * What a dashboard's shape does not say: whether what it names is there. The server asks before it saves, the editor
 * while one types. That an event or a field was never seen is no fault: it may be about to be.
 */
import { parseFormula, refsOf } from "./core/formula.ts";
import { parseInstant } from "./core/range.ts";
import { interpolate, variablesIn } from "./core/template.ts";
import { isZone, zoneOf } from "./core/zone.ts";
import type { Dashboard, NumbersPanel, Panel, Variable } from "./dashboard.ts";
import type { Filter } from "./expression.ts";
import { MEASURES } from "./metric.ts";
import { INTERVALS } from "./query.ts";

/** `path` as of a schema's error, panels by id and variables by name: `panels.p3.formulas.0`. */
export interface Fault {
	path: string;
	message: string;
}

type Variables = ReadonlyMap<string, Variable>;

/** Everything that is wrong with it, in the order of the document; none: it can be saved. */
export function faultsOf(dashboard: Dashboard): Fault[] {
	const variables: Variables = new Map(dashboard.variables.map((variable) => [variable.name, variable]));
	const panels = dashboard.panels.flatMap((panel) => under(`panels.${panel.id}`, panelFaults(panel, variables)));
	return [
		...zoneFaults(dashboard.timezone),
		...under("time", timeFaults(dashboard.time)),
		...dashboard.variables.flatMap((variable) =>
			under(`variables.${variable.name}`, variableFaults(variable, variables)),
		),
		...dashboard.annotations.flatMap((layer, i) =>
			layer.kind === "stored" ? under(`annotations.${i}.tags`, unknownIn(layer.tags, variables)) : [],
		),
		...panels,
	];
}

const under = (path: string, faults: readonly Fault[]): Fault[] =>
	faults.map((fault) => ({ ...fault, path: fault.path === "" ? path : `${path}.${fault.path}` }));
const fault = (path: string, message: string): Fault => ({ path, message });

const zoneFaults = (timezone: string): Fault[] =>
	timezone === "site" || timezone === "browser" || isZone(timezone)
		? []
		: [fault("timezone", `${JSON.stringify(timezone)} is not an IANA zone such as Europe/Berlin`)];

/** So that a hundred years back and forth lie within the years that instants may have. */
const SOME_TIME = { now: Date.UTC(2085, 0), zone: zoneOf("UTC"), weekStart: "monday" } as const;

/** Variables may stand in times, too: only what holds none can be told wrong. */
function timeFaults(time: { from: string; to: string } | null): Fault[] {
	if (time === null) return [];
	const ends: number[] = [];
	const faults = (["from", "to"] as const).flatMap((side) => {
		if (variablesIn(time[side]).length > 0) return [];
		try {
			ends.push(parseInstant(time[side], side, SOME_TIME));
			return [];
		} catch (error) {
			return [fault(side, messageOf(error))];
		}
	});
	const [from, to] = ends;
	if (from !== undefined && to !== undefined && from >= to) faults.push(fault("to", "must come after from"));
	return faults;
}

function variableFaults(variable: Variable, variables: Variables): Fault[] {
	if (variable.kind !== "query") return [];
	const own = under("filters", filterFaults(variable.filters, variables));
	const circle = circleOf(variable.name, variables);
	return circle === null ? own : [...own, fault("", `depends on itself, by way of ${circle.join(" → ")}`)];
}

const namesIn = (variable: Variable | undefined): string[] =>
	variable?.kind === "query" ? textsIn(variable.filters).flatMap(variablesIn) : [];

/** The way by which a variable comes back to itself, or null. */
function circleOf(name: string, variables: Variables): string[] | null {
	const seen = new Set<string>();
	const walk = (at: string, way: readonly string[]): string[] | null => {
		for (const next of namesIn(variables.get(at))) {
			if (next === name) return [...way, next];
			if (seen.has(next)) continue;
			seen.add(next);
			const found = walk(next, [...way, next]);
			if (found) return found;
		}
		return null;
	};
	return walk(name, [name]);
}

function panelFaults(panel: Panel, variables: Variables): Fault[] {
	if (panel.kind === "text") return [];
	const time = under("time", timeFaults(panel.time));
	if (panel.kind === "funnel") return [...time, ...funnelFaults(panel, variables)];
	if (panel.kind === "retention") return [...time, ...eventFaults(panel, variables)];
	return [...time, ...numbersFaults(panel, variables)];
}

type FunnelPanel = Extract<Panel, { kind: "funnel" }>;
type RetentionPanel = Extract<Panel, { kind: "retention" }>;

function funnelFaults({ funnel, filters }: FunnelPanel, variables: Variables): Fault[] {
	const late = funnel.exclusions.findIndex(({ after }) => after >= funnel.steps.length);
	const events = [...funnel.steps, ...funnel.exclusions];
	return [
		...(late < 0 ? [] : [fault(`funnel.exclusions.${late}.after`, "stands before the last step")]),
		...under(
			"funnel",
			filterFaults(
				events.flatMap((match) => match.filters),
				variables,
			),
		),
		...under("filters", filterFaults(filters, variables)),
	];
}

const eventFaults = (panel: RetentionPanel, variables: Variables): Fault[] => [
	...under("start.filters", filterFaults(panel.start.filters, variables)),
	...under("return.filters", filterFaults(panel.return.filters, variables)),
	...under("filters", filterFaults(panel.filters, variables)),
];

function numbersFaults(panel: NumbersPanel, variables: Variables): Fault[] {
	const refs = panel.queries.map(({ ref }) => ref);
	const twice = refs.find((ref, i) => refs.indexOf(ref) < i);
	const hidden = panel.queries.every((query) => query.hidden) && panel.formulas.length === 0;
	return [
		...(twice === undefined
			? []
			: [fault("queries", `two queries are called ${twice}: each needs a letter of its own`)]),
		...(hidden ? [fault("queries", "every query is hidden and there is no formula: nothing would be drawn")] : []),
		...panel.queries.flatMap((query, i) =>
			under(`queries.${i}`, [
				...choiceFaults("measure", query.measure, MEASURES, variables),
				...under("groupBy", unknownIn(query.groupBy, variables)),
				...under("filters", filterFaults(query.filters, variables)),
			]),
		),
		...("interval" in panel ? choiceFaults("interval", panel.interval, INTERVALS, variables) : []),
		...panel.formulas.flatMap(({ expression }, i) =>
			under(`formulas.${i}`, formulaFaults(expression, refs, variables)),
		),
		...thresholdFaults(panel),
	];
}

function formulaFaults(expression: string, refs: readonly string[], variables: Variables): Fault[] {
	const names = variablesIn(expression);
	const unknown = unknownIn([expression], variables);
	if (unknown.length > 0) return unknown;
	try {
		// Whatever a viewer chooses, it must be a number: any will do here.
		const formula = interpolate(expression, new Map(names.map((name) => [name, ["1"]])));
		const missing = refsOf(parseFormula(formula)).filter((ref) => !refs.includes(ref));
		return missing.map((ref) => fault("", `there is no query ${ref}`));
	} catch (error) {
		return [fault("", messageOf(error))];
	}
}

function thresholdFaults({ thresholds }: NumbersPanel): Fault[] {
	const at = thresholds.findIndex(({ value }, i) => i > 0 && value <= (thresholds[i - 1]?.value ?? 0));
	return at < 0 ? [] : [fault(`thresholds.${at}`, "thresholds rise: each value is above the one before")];
}

/** A word of a list, or a variable all of whose values are such words. */
function choiceFaults(path: string, text: string, words: readonly string[], variables: Variables): Fault[] {
	const [name] = variablesIn(text);
	if (name === undefined) return [];
	const variable = variables.get(name);
	if (variable === undefined) return [noVariable(path, name)];
	const options = optionsOf(variable);
	if (options?.every((option) => words.includes(option))) return [];
	return [fault(path, `$${name} must be a variable whose options are among ${words.join(", ")}`)];
}

/** Null: they are not known beforehand. */
function optionsOf(variable: Variable): readonly string[] | null {
	if (variable.kind === "interval") return variable.options;
	return variable.kind === "list" ? variable.options.map(({ value }) => value) : null;
}

const filterFaults = (filters: readonly Filter[], variables: Variables): Fault[] =>
	unknownIn(textsIn(filters), variables);

/** Every text of conditions that variables may stand in. */
function textsIn(filters: readonly Filter[]): string[] {
	return filters.flatMap((filter) => {
		if ("and" in filter) return textsIn(filter.and);
		if ("or" in filter) return textsIn(filter.or);
		if ("not" in filter) return textsIn([filter.not]);
		if ("did" in filter) return filter.where === undefined ? [] : textsIn([filter.where]);
		return "dim" in filter ? filter.values.filter((value) => typeof value === "string") : [];
	});
}

/** A dollar sign before something else than a name is a dollar sign. */
const isName = (name: string) => /^[a-zA-Z]\w{0,31}$/.test(name);

function unknownIn(texts: readonly string[], variables: Variables): Fault[] {
	const names = new Set(texts.flatMap(variablesIn).filter((name) => isName(name) && !variables.has(name)));
	return [...names].map((name) => noVariable("", name));
}

const noVariable = (path: string, name: string): Fault =>
	fault(path, `there is no variable ${name}: add it, or write $$${name} for the text`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
