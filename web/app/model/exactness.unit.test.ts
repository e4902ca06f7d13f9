import { expect, test } from "vitest";
import { metaOf } from "../../../schema/query.testing.ts";
import type { Meta } from "../../../schema/query.ts";
import { exactness } from "./exactness.ts";

const META = metaOf({ sources: ["window"], behind_ms: 100, partial: true, rows_read: 2394, took_ms: 0.2 });
const sentence = (change: Partial<Meta>) => exactness({ ...META, ...change }).sentence;

test("how exact an answer is comes in one sentence", () => {
	expect(sentence({})).toBe("Exact, up to date.");
	expect(sentence({ exact: false, error: 0.0081 })).toBe("Estimated to within 1.6 %, up to date.");
	expect(sentence({ exact: false })).toBe("Estimated, up to date.");
	expect(sentence({ exact: false, sampled: true })).toBe("Estimated from a sample, up to date.");
});

test("what is not fresh is a warning, what is only rounded is none", () => {
	expect(exactness({ ...META, exact: false, error: 0.01 }).warn).toBe(false);
	expect(exactness({ ...META, behind_ms: 12_000 })).toMatchObject({ sentence: "Exact, 12 s behind.", warn: true });
	expect(exactness({ ...META, stale: true })).toMatchObject({ warn: true });
});

test("what stands behind it is told in full", () => {
	expect(exactness({ ...META, sources: ["window", "d1"] }).details).toEqual([
		["Precision", "Exact"],
		["Behind live", "0.1 s"],
		["Answered from", "live counters and stored hours and days"],
		["Read", "2,394 rows in 1 ms"],
		["Time zone", "UTC"],
	]);
});
