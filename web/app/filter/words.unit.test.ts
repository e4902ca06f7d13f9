import { expect, test } from "vitest";
import type { Filter } from "../../../schema/expression.ts";
import { groupFields } from "./fields.ts";
import { filtersWords, filterWords, matchLabel } from "./words.ts";

const name = (id: string) => (id === "seg_1" ? "Trial" : id);
const germany: Filter = { dim: "country", op: "in", values: ["DE", "FR"] };

test("filters in words", () => {
	const said: [Filter, string][] = [
		[germany, "Country is Germany or France"],
		[{ dim: "props.plan", op: "exists", values: [] }, "plan is set"],
		[{ dim: "value", op: "between", values: [10, 20] }, "Value is between 10 and 20"],
		[{ not: { segment: "seg_1" } }, "not in segment Trial"],
		[{ did: "purchase", at_least: 2, within_days: 30 }, "did purchase at least 2 times within 30 days"],
		[{ not: { did: "*", at_least: 1 } }, "did not do Any event"],
		[{ or: [germany, { segment: "gone" }] }, "(Country is Germany or France or in segment gone)"],
		[{ not: { or: [germany] } }, "none of (Country is Germany or France)"],
	];
	for (const [filter, words] of said) expect(filterWords(filter, name)).toBe(words);
	expect(filtersWords([germany, { segment: "seg_1" }], name)).toBe("Country is Germany or France and in segment Trial");
});

test("a step is called what a person would call it", () => {
	expect(matchLabel({ event: "signup", filters: [] }, name)).toBe("signup");
	expect(matchLabel({ event: "*", label: "Came back", filters: [] }, name)).toBe("Came back");
	const path: Filter = { dim: "path", op: "in", values: ["/pricing"] };
	expect(matchLabel({ event: "pageview", filters: [path] }, name)).toBe("/pricing");
	expect(matchLabel({ event: "signup", filters: [path] }, name)).toBe("signup, Page is /pricing");
});

test("fields in groups: columns in their order, what is unknown is a property", () => {
	expect(groupFields(["traits.company", "plan", "country", "name", "props.seats"])).toEqual([
		{ label: "Event", fields: ["name"] },
		{ label: "Place", fields: ["country"] },
		{ label: "Properties", fields: ["plan", "props.seats"] },
		{ label: "Traits of the visitor", fields: ["traits.company"] },
	]);
});
