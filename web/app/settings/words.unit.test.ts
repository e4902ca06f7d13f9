import { expect, test } from "vitest";
import { AUDIT_ACTIONS } from "../../../schema/people.ts";
import { ago, doneTo, doneWords } from "./words.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

test("a time is told by how long ago it was, or will be", () => {
	const told = (ms: number) => ago(NOW + ms, NOW);
	expect(told(0)).toBe("just now");
	expect(told(-59_000)).toBe("just now");
	expect(told(-5.9 * MINUTE)).toBe("5 minutes ago");
	expect(told(-DAY)).toBe("yesterday");
	expect(told(-400 * DAY)).toBe("last year");
	expect(told(30_000)).toBe("in less than a minute");
	expect(told(7 * DAY - 1000)).toBe("in 7 days");
	expect(told(-2 * DAY + 1000)).toBe("yesterday");
});

test("the log has words for everything that is done, and no two things have the same", () => {
	const all = AUDIT_ACTIONS.map(doneWords);
	for (const words of all) expect(words).toMatch(/^[a-z]+ [a-z' ]+$/);
	expect(new Set(all).size).toBe(all.length);
	expect(doneWords("shares.delete")).toBe("revoked a shared link");
	expect(doneWords("barns.paint")).toBe("barns.paint");
	expect(doneWords("toString")).toBe("toString");
});

test("what it was done to is told by its name, and not where it is whoever did it", () => {
	const actor = { kind: "user", id: "usr_1", name: "Ada" } as const;
	expect(doneTo({ actor, target: "shr_1", detail: "Checkout: Lobby" })).toBe("Checkout: Lobby");
	expect(doneTo({ actor, target: "shr_1", detail: "" })).toBe("shr_1");
	expect(doneTo({ actor, target: "usr_1", detail: "" })).toBe("");
});
