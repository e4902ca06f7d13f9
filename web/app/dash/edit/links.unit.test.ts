import { expect, test } from "vitest";
import { zoneOf } from "../../../../schema/core/zone.ts";
import { Variable } from "../../../../schema/dashboard.ts";
import { seenWords } from "./links.tsx";

test("what a link opens with is said as the picker and the menus say it", () => {
	const variables = [
		{ kind: "query", name: "c", label: "Country", dim: "country", multi: true, all: true },
		{ kind: "list", name: "plan", options: [{ value: "p1", label: "Pro" }] },
		{ kind: "query", name: "untouched", dim: "device", all: true },
	].map((one) => Variable.parse(one));
	const context = { now: Date.UTC(2026, 10, 22), zone: zoneOf("UTC"), weekStart: "monday" } as const;
	const words = (chosen: Record<string, string[]>, time: { from: string; to: string } | null = null) =>
		seenWords(time, chosen, variables, context);
	expect(words({ c: ["DE", "FR"], plan: ["p1"] })).toBe("Country: Germany, France; plan: Pro");
	expect(words({ c: ["$__all"] }, { from: "now-7d", to: "now" })).toBe("Last 7 days; Country: All");
});
