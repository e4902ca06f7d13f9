import { expect, test } from "vitest";
import { ago } from "./words.ts";

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
