import { expect, test } from "vitest";
import { reasonRows } from "./reasons.ts";

const row = (reason: string, value: number | null) => ({ group: { reason }, value });

test("what counted after all is told apart from what did not", () => {
	const { uncounted, counted } = reasonRows({ table: [row("bot", 3), row("clamped", 2), row("late", 1)] });
	expect(uncounted.map(({ reason, value }) => [reason, value])).toEqual([
		["bot", 3],
		["late", 1],
	]);
	expect(reasonRows({ table: [row("bot", 1)] }).uncounted[0]?.label).toBe("bot");
	expect(counted.map(({ reason, value }) => [reason, value])).toEqual([["clamped", 2]]);
});

test("a reason with nothing, or unknown to this page, has no row", () => {
	const { uncounted, counted } = reasonRows({ table: [row("blocked", 0), row("quota", null), row("tomorrow", 4)] });
	expect([...uncounted, ...counted]).toEqual([]);
	expect(reasonRows({})).toEqual({ uncounted: [], counted: [] });
});
