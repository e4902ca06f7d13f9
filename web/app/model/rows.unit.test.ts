import { expect, test } from "vitest";
import { metaOf } from "../../../schema/query.testing.ts";
import type { Answer } from "../../../schema/query.ts";
import { shownRows, topRows } from "./rows.ts";

const row = (referrer: string, value: number) => ({ group: { referrer }, value });
const answer = (rows: ReturnType<typeof row>[], total: number): Answer => ({
	table: rows,
	total,
	meta: metaOf(),
});

test("visits without a referrer are what the total has over the rows", () => {
	const rows = shownRows(answer([row("a.com", 5), row("(other)", 20), row("b.com", 3)], 40), "referrer", "sessions");
	expect(rows.map((r) => [r.group.referrer, r.value])).toEqual([
		["(none)", 12],
		["a.com", 5],
		["b.com", 3],
		["(other)", 20],
	]);
});

test("distinct visitors do not add up, so nothing is concluded from them", () => {
	expect(shownRows(answer([row("a.com", 5)], 40), "referrer", "uniques")).toHaveLength(1);
});

test("a row for what is missing is not made twice", () => {
	expect(shownRows(answer([row("(none)", 5)], 40), "referrer", "count")).toHaveLength(1);
});

test("a card shows values, not that there are more", () => {
	const rows = shownRows(answer([row("(other)", 20), row("b.com", 3)], 23), "referrer", "count");
	expect(topRows(rows, "referrer", 8).map((r) => r.group.referrer)).toEqual(["b.com"]);
});
