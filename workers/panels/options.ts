/** The values that a variable offers: written down, or those that a field had in the range. */

import { EVERY, variablesIn } from "../../schema/core/template.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import type { Dashboard, Panel, Variable } from "../../schema/dashboard.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { ALL, NONE, OTHER } from "../../schema/metric.ts";
import type { PanelResult, VariableAnswer, VariableValues } from "../../schema/panel.ts";
import { rangeContext, rangeOf } from "../../schema/plan.ts";
import { Query } from "../../schema/query.ts";
import type { Site } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { askProxy, thrown } from "./ask.ts";
import { aligned, normalise } from "./key.ts";
import { checkRange } from "./limits.ts";
import { placeFilters, placeWord } from "./place.ts";
import { askedFor, currentValues } from "./values.ts";

/** What a field's values were does not change every second. */
const TTL_MS = 60_000;
/** Beside those that are shown, so that "(none)" takes nobody's place, and it is known whether there are more. */
const BESIDE = 2;

type QueryVariable = Extract<Variable, { kind: "query" }>;

export interface OptionsAsker {
	env: Env;
	site: Site;
	caller: string;
	dashboard: Pick<Dashboard, "variables">;
	config: TenantConfig;
	time: Dashboard["time"];
	/** IANA. */
	timezone: string;
	values: VariableValues;
	now: number;
}

/** Problem 422 where the field, the metric or the range means nothing, 429, 503. */
export async function optionsOf(variable: Variable, asker: OptionsAsker): Promise<VariableAnswer> {
	if (variable.kind === "text") return { options: [], more: false };
	if (variable.kind === "interval")
		return { options: variable.options.map((value) => ({ value, label: value })), more: false };
	if (variable.kind === "list")
		return { options: variable.options.map(({ value, label }) => ({ value, label: label || value })), more: false };
	const found = await askProxy(asker.env, asker.site.id, questionOf(variable, asker), {
		caller: asker.caller,
		ttlMs: TTL_MS,
		fresh: false,
	});
	if (found.status === "problem") throw thrown(found.problem, found.retryAfter);
	const answer: NonNullable<PanelResult["answer"]> = JSON.parse(found.body);
	const rows = "table" in answer ? (answer.table ?? []) : [];
	const all = rows.flatMap(({ group, value }) => ((value ?? 0) > 0 ? Object.values(group) : []));
	const named = all.filter((value) => value !== NONE && value !== OTHER);
	const options = named.slice(0, variable.limit).map((value) => ({ value, label: value }));
	return { options, more: named.length > options.length || all.includes(OTHER) };
}

/** Most frequent first. The variable itself holds nothing back, though it may be named in its own filters. */
function questionOf(variable: QueryVariable, asker: OptionsAsker): Query {
	const { config, time, timezone, now } = asker;
	const others = asker.dashboard.variables.filter(({ name }) => name !== variable.name);
	const values = new Map([...currentValues(others, asker.values), [variable.name, [EVERY]]]);
	const range = rangeOf(time, rangeContext({ timezone }, config, now));
	checkRange(range.from, range.to);
	const out = aligned(range.from, Math.min(range.to, now), "1h", zoneOf(timezone));
	const end = (text: string, instant: number) => (text.startsWith("now") ? text : instant);
	return normalise(
		Query.parse({
			kind: "breakdown",
			metric: placeWord(variable.metric, values, "A metric", ALL),
			from: end(time.from, out.from),
			to: end(time.to, out.to),
			filters: placeFilters(variable.filters, values),
			groupBy: [placeWord(variable.dim, values, "A field")],
			limit: variable.limit + BESIDE,
			timezone,
		}),
	);
}

/**
 * The values asked for, and for `query` variables of the panel that have none and are not All: their first option, in
 * the order of the dashboard, so that chained ones follow. One whose options cannot be read holds nothing back.
 */
export async function firstOptions(panel: Panel, asker: OptionsAsker): Promise<VariableValues> {
	const values: VariableValues = { ...asker.values };
	const used = usedBy(panel, asker.dashboard.variables);
	for (const variable of asker.dashboard.variables) {
		if (variable.kind !== "query" || variable.all || !used.has(variable.name)) continue;
		if (variable.value.length > 0 || askedFor(variable, values).length > 0) continue;
		const [first] = await optionsOf(variable, { ...asker, values }).then(
			({ options }) => options,
			() => [],
		);
		if (first !== undefined) values[variable.name] = [first.value];
	}
	return values;
}

/** Names in a panel, and in the filters of the variables that it names. */
function usedBy(panel: Panel, variables: readonly Variable[]): Set<string> {
	const used = new Set(variablesIn(JSON.stringify(panel)));
	for (const variable of variables.toReversed()) {
		if (used.has(variable.name)) for (const name of variablesIn(JSON.stringify(variable))) used.add(name);
	}
	return used;
}
