import { expect, test } from "vitest";
import { Variable } from "../../../schema/dashboard.ts";
import { answerOf, panelOf } from "./kinds/testing.ts";
import { titled, wordsOf } from "./titles.ts";

const country = Variable.parse({ kind: "query", name: "country", dim: "country", multi: true, all: true });
const one = Variable.parse({ kind: "query", name: "one", dim: "country" });
const variables = [country, one];
const panel = panelOf("stat", { title: "Sales in $country", description: "Not in $one" });
const answer = { ...answerOf(), title: "Sales in DE", description: "Not in FR" };

test("a title says what the menu of its variable says", () => {
	const words = wordsOf(variables, { country: ["DE", "NO"] }, {});
	expect(titled(answer, panel, words).title).toBe("Sales in Germany, Norway");
	expect(titled(answer, panel, wordsOf(variables, {}, {})).title).toBe("Sales in All");
});

test("what only the server knows stands as the server says it", () => {
	expect(titled(answer, panel, wordsOf(variables, {}, {})).description).toBe("Not in FR");
	expect(titled(answer, panel, wordsOf(variables, {}, { one: ["FR"] })).description).toBe("Not in France");
	expect(titled(answer, { ...panel, title: "No variable" }, new Map()).title).toBe("Sales in DE");
});
