import { expect, test } from "vitest";
import { Variable } from "../../../schema/dashboard.ts";
import {
	choiceLabel,
	chooseValues,
	dependsOn,
	EVERY,
	everything,
	isNarrowed,
	knownValues,
	picked,
	toggled,
	valuesOf,
	worded,
} from "./values.ts";

const country = Variable.parse({ kind: "query", name: "country", dim: "country", multi: true, all: true });
const city = Variable.parse({
	kind: "query",
	name: "city",
	dim: "props.city",
	filters: [{ dim: "country", op: "in", values: ["$country", `$${"{region:csv}"}`] }],
});
const plan = Variable.parse({
	kind: "list",
	name: "plan",
	options: [{ value: "free" }, { value: "pro", label: "Pro" }],
});
const step = Variable.parse({ kind: "interval", name: "step", options: ["1h", "1d"] });
const words = Variable.parse({ kind: "text", name: "q" });

test("a variable has the address's values, else its own, else All, else the first", () => {
	expect(valuesOf(country, { country: ["DE"] }, null)).toEqual(["DE"]);
	expect(valuesOf(country, {}, null)).toEqual([EVERY]);
	expect(valuesOf({ ...country, value: ["FR"] }, {}, null)).toEqual(["FR"]);
	expect(valuesOf(plan, {}, null)).toEqual(["free"]);
	expect(valuesOf(step, {}, null)).toEqual(["1h"]);
	expect(valuesOf(city, {}, [{ value: "Bonn", label: "Bonn" }])).toEqual(["Bonn"]);
	expect(valuesOf(words, {}, null)).toEqual([]);
});

test("where several may be chosen, a value comes and goes, and the last one that goes leaves All", () => {
	expect(toggled(country, [EVERY], "DE")).toEqual(["DE"]);
	expect(toggled(country, ["DE"], "FR")).toEqual(["DE", "FR"]);
	expect(toggled(country, ["DE", "FR"], "DE")).toEqual(["FR"]);
	expect(toggled(country, ["FR"], "FR")).toEqual([EVERY]);
	expect(toggled(country, ["DE", "FR"], EVERY)).toEqual([EVERY]);
	expect(toggled({ ...country, all: false }, ["FR"], "FR")).toEqual(["FR"]);
	expect(toggled(plan, ["free"], "pro")).toEqual(["pro"]);
});

test("what the variable says anyway is not in the address", () => {
	expect(chooseValues({ country: ["DE"], x: ["1"] }, country, [EVERY])).toEqual({ x: ["1"] });
	expect(chooseValues({}, plan, ["pro"])).toEqual({ plan: ["pro"] });
	expect(knownValues({ country: ["DE"], other: ["x"] }, [country])).toEqual({ country: ["DE"] });
});

test("chained variables name what they depend on", () => {
	expect(dependsOn(city)).toEqual(["country", "region"]);
	expect(dependsOn(country)).toEqual([]);
});

test("what holds back events, and how to see everything again", () => {
	const all = [country, plan, step, words];
	expect(isNarrowed(all, {})).toBe(false);
	expect(isNarrowed(all, { country: ["DE"] })).toBe(true);
	expect(isNarrowed(all, { q: ["x"] })).toBe(true);
	expect(isNarrowed(all, { step: ["1d"] })).toBe(false);
	expect(isNarrowed(all, everything(all, { country: ["DE"], q: ["x"], plan: ["pro"] }))).toBe(false);
	expect(everything([country], { country: ["DE"] })).toEqual({});
});

test("a value that is clicked in a panel is chosen, and let go by a second click", () => {
	const dashboard = { variables: [country] };
	expect(picked(dashboard, {}, "country", "DE")).toEqual({ country: ["DE"] });
	expect(picked(dashboard, { country: ["DE"] }, "country", "DE")).toEqual({});
	expect(picked(dashboard, { country: ["DE"] }, "country", "FR")).toEqual({ country: ["DE", "FR"] });
	expect(picked(dashboard, {}, "device", "mobile")).toBeNull();
});

test("a value is called what charts call it, or what the dashboard does", () => {
	expect(choiceLabel(country, [EVERY])).toBe("All");
	expect(choiceLabel(country, ["DE", "FR", "IT"])).toBe("Germany + 2");
	expect(choiceLabel(country, [])).toBe("–");
	expect(choiceLabel(city, ["Bonn"])).toBe("Bonn");
	expect(choiceLabel(plan, ["pro"])).toBe("Pro");
	expect(choiceLabel(plan, ["free"])).toBe("free");
	expect(choiceLabel(country, [""])).toBe("Unknown");
	expect(worded(country, ["DE"])).toEqual([{ value: "DE", label: "Germany" }]);
});
