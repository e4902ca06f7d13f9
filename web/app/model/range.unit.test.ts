import { expect, test } from "vitest";
import { Query } from "../../../schema/query.ts";
import { PRESETS, previousName, rangeName, rangeQuery } from "./range.ts";

test("every period is a question that the server takes, and has a key of its own", () => {
	for (const { id } of PRESETS) expect(Query.safeParse(rangeQuery(id)).success).toBe(true);
	expect(new Set(PRESETS.map((preset) => preset.key)).size).toBe(PRESETS.length);
});

test("a brushed stretch leaves the step to the server, which knows what it still keeps", () => {
	const brushed = rangeQuery({ from: 1_795_271_400_000, to: 1_795_293_000_000 });
	expect(brushed).toMatchObject({ from: 1_795_271_400_000, interval: "auto" });
	expect(Query.safeParse(brushed).success).toBe(true);
});

test("sockets look back a day at most, so only periods cut in minutes and hours have one", () => {
	for (const { live, interval } of PRESETS) expect(live?.interval ?? "1d").toBe(interval);
});

test("a brushed stretch is told in the site's zone", () => {
	const range = { from: Date.parse("2026-11-21T14:30:00Z"), to: Date.parse("2026-11-21T20:30:00Z") };
	expect(rangeName(range, "Europe/Berlin")).toMatch(/^21 Nov, 15:30.21:30$/);
	expect(previousName(range)).toBe("the period before");
	expect(rangeName("7d", "UTC")).toBe("Last 7 days");
});
