/** Questions that cannot be answered, over HTTP: each is refused at once, by a problem that names what to change. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProblemDocument } from "../schema/problem.ts";
import { Nowcast } from "./nowcast.ts";

/** Nothing that is refused, and no pattern made to hurt, takes longer, ms. */
const AT_ONCE_MS = 2_000;

let nowcast: Nowcast;
beforeAll(async () => {
	nowcast = await Nowcast.start();
	// Values are compared by their first 256 characters.
	const text = `${"a".repeat(250)}!`;
	await nowcast.send([
		{ name: "purchase", visitor_id: "v", value: 1, props: { text, category: "shoes" } },
		{ name: "signup", visitor_id: "v", props: { text } },
	]);
});
afterAll(() => nowcast?.stop());

async function ask(question: unknown): Promise<{ response: Response; tookMs: number }> {
	const begun = performance.now();
	const response = await fetch(`${nowcast.url}/v1/query`, {
		method: "POST",
		headers: { authorization: "Bearer rk_demo", "content-type": "application/json" },
		body: typeof question === "string" ? question : JSON.stringify(question),
	});
	return { response, tookMs: performance.now() - begun };
}

const steps = [{ event: "purchase" }, { event: "signup" }];
const funnel = (more: object) => ({ kind: "funnel", steps, ...more });
const filtered = (filter: unknown) => ({ filters: [filter] });
const matches = (pattern: string) => filtered({ dim: "props.text", op: "matches", values: [pattern] });
const nested = (levels: number) => `${'{"not":'.repeat(levels)}{"dim":"path","op":"exists"}${"}".repeat(levels)}`;
const between = (...values: unknown[]) => filtered({ dim: "value", op: "between", values });
const path = { dim: "path", values: ["/"] };
const retention = { kind: "retention", start: { event: "signup" }, return: { event: "purchase" } };

/** What is asked, the status and code of its refusal, and what the detail says of it. */
const BAD: [what: string, question: unknown, status: number, code: string, says: string][] = [
	["an unknown metric", { metric: "purchse" }, 422, "metric", "Close names: purchase"],
	["an unknown metric to divide by", { divideBy: { metric: "purchse" } }, 422, "metric", "Close names: purchase"],
	["a funnel that is not there", { metric: "funnel:nobody" }, 422, "metric", "GET /v1/metrics"],
	["an unknown event of a funnel", funnel({ steps: [{ event: "sinup" }, ...steps] }), 422, "metric", "signup"],
	["an unknown event that visitors did", filtered({ did: "purchse" }), 422, "metric", "purchase"],
	["an unknown measure", { measure: "median" }, 400, "invalid", '"p50"'],
	["a measure of sessions only", { metric: "purchase", measure: "bounce_rate" }, 422, "measure", "It has: count"],
	["an unknown kind", { kind: "heatmap" }, 400, "invalid", '"retention"'],
	["a field of the question that is none", { metrik: "*" }, 400, "invalid", "metrik"],
	["an unknown field", { groupBy: ["cuntry"] }, 422, "dimension", "Close names: country"],
	["an unknown field in a filter", filtered({ dim: "brwser", values: ["x"] }), 422, "dimension", "browser"],
	["an unknown field to break down by", funnel({ breakdown: { dim: "cuntry" } }), 422, "dimension", "country"],
	["a field of every object's prototype", { groupBy: ["__proto__"] }, 422, "dimension", "GET /v1/fields"],
	["groups by a number", { groupBy: ["value"] }, 422, "dimension", "Groups are of text"],
	["groups by the same twice", { groupBy: ["country", "country"] }, 422, "dimension", "twice"],
	["groups by three", { groupBy: ["country", "path", "city"] }, 400, "invalid", "groupBy"],
	["5,000 groups", { groupBy: ["path"], limit: 5_000 }, 400, "invalid", "at most 1000"],
	["a range that ends before it begins", { from: "now", to: "now-1d" }, 422, "range", "must be before to"],
	["the same of raw events", funnel({ from: "now", to: "now-1d" }), 422, "range", "must be before to"],
	["a range in the future", { from: "now+1d", to: "now+2d" }, 422, "range", "in the future"],
	["the same of raw events", { kind: "lifecycle", from: "now+1d", to: "now+2d" }, 422, "range", "in the future"],
	["a range that is kept no more", { kind: "visitors", from: "now-400d", to: "now-300d" }, 422, "range", "90 days"],
	["a time that is none", { from: "yesterday" }, 422, "range", "write now-24h"],
	["a time beyond all times", { from: 1e300 }, 422, "range", "between 1970 and 2200"],
	["90 days of minutes", { from: "now-90d", interval: "1m" }, 422, "points", "longer interval"],
	["a zone that is none", { timezone: "Mars/Base" }, 422, "zone", "Europe/Berlin"],
	["a back-reference", matches("(a)\\1"), 422, "filter", "refers back"],
	["a look-ahead", matches("a(?=b)"), 422, "filter", "two conditions"],
	["a group that is not closed", matches("(a"), 422, "filter", "not closed"],
	["a pattern of 9,801 letters", matches("(a{99}){99}"), 422, "filter", "too large"],
	["a pattern of 125,000 letters", matches("((a{50}){50}){50}"), 422, "filter", "too large"],
	["an unknown operator", filtered({ dim: "path", op: "like", values: ["/"] }), 400, "invalid", '"starts_with"'],
	["between with one value", between(1), 422, "filter", "two values"],
	["between, backwards", between(9, 1), 422, "filter", "above the second"],
	["more than a word", filtered({ dim: "value", op: "gt", values: ["many"] }), 422, "filter", "give numbers"],
	["a filter without values", filtered({ dim: "path" }), 422, "filter", "give values"],
	[
		"a filter of 1,001 values",
		filtered({ dim: "path", values: Array(1_001).fill("/") }),
		400,
		"invalid",
		"at most 1000",
	],
	["120 conditions", { filters: [{ or: Array(60).fill(path) }, { or: Array(60).fill(path) }] }, 422, "filter", "100"],
	["filters 9 deep", `{"filters":[${nested(9)}]}`, 422, "filter", "8 deep"],
	["filters 200 deep", `{"filters":[${nested(200)}]}`, 400, "invalid", "levels deep"],
	["lists 20,000 deep", `${"[".repeat(20_000)}${"]".repeat(20_000)}`, 400, "invalid", "levels deep"],
	["a segment that is not there", filtered({ segment: "seg_none" }), 422, "segment", "GET /v1/segments"],
	["a funnel of one step", funnel({ steps: [{ event: "signup" }] }), 400, "invalid", "steps"],
	["a funnel of 11 steps", funnel({ steps: Array(11).fill({ event: "signup" }) }), 400, "invalid", "steps"],
	["a window of 400 days", funnel({ window: "400d" }), 422, "window", "90 days"],
	["a window that is no time", funnel({ window: "forever" }), 400, "invalid", "30m, 24h or 7d"],
	[
		"an exclusion after the last step",
		funnel({ exclusions: [{ event: "signup", after: 2 }] }),
		422,
		"question",
		"not 2",
	],
	[
		"a breakdown by a third step",
		funnel({ breakdown: { dim: "country", attribution: "step:3" } }),
		422,
		"question",
		"2",
	],
	["visitors of a third step", { kind: "visitors", funnel: { steps, step: 3 } }, 422, "question", "the funnel has 2"],
	["1,000 periods", { ...retention, periods: 1_000 }, 400, "invalid", "periods"],
	["paths 50 deep", { kind: "paths", anchor: { event: "signup" }, depth: 50 }, 400, "invalid", "depth"],
	["a visitor who is no hash", { kind: "visitor", visitor: "me" }, 400, "invalid", "16 hex digits"],
	["what is no JSON", '{"metric":', 400, "not_json", "not JSON"],
	["a list", [], 400, "invalid", "expected an object"],
	["over 64 KiB", { metric: "x".repeat(65_536) }, 413, "too_large", "65536 bytes"],
];

describe("a question that cannot be answered says what to change", () => {
	test.each(BAD)("%s", async (_, question, status, code, says) => {
		const { response, tookMs } = await ask(question);
		const problem = (await response.json()) as ProblemDocument;
		expect([response.status, problem]).toEqual([
			status,
			expect.objectContaining({ status, type: `urn:nowcast:problem:${code}`, detail: expect.stringContaining(says) }),
		]);
		expect(response.headers.get("content-type")).toBe("application/problem+json");
		expect(tookMs).toBeLessThan(AT_ONCE_MS);
	});
});

test.each(["(a+)+$", "(a|a)+$", "(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$"])(
	"a pattern that backtracks for ever elsewhere is answered at once: %s",
	async (pattern) => {
		const { response, tookMs } = await ask({ kind: "total", metric: "purchase", ...matches(pattern) });
		expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ total: 0 })]);
		expect(tookMs).toBeLessThan(AT_ONCE_MS);
	},
);

interface Saved {
	segment: { id: string; version: number };
}

test("segments that would go in a circle, or end in one that is deleted, are refused", async () => {
	const save = async (name: string, filter: unknown, into?: Saved["segment"]) => {
		const response = await fetch(`${nowcast.url}/v1/segments${into ? `/${into.id}` : ""}`, {
			method: into ? "PUT" : "POST",
			headers: { authorization: "Bearer ak_demo" },
			body: JSON.stringify({ name, filter, ...(into && { version: into.version }) }),
		});
		return { status: response.status, body: (await response.json()) as Saved & ProblemDocument };
	};
	const { segment: a } = (await save("a", path)).body;
	const { segment: b } = (await save("b", { segment: a.id })).body;
	const circle = await save("a", { not: { segment: b.id } }, a);
	expect(circle).toMatchObject({ status: 422, body: { type: "urn:nowcast:problem:segment" } });
	expect(circle.body.detail).toMatch(/circle|itself/);
	const used = await fetch(`${nowcast.url}/v1/segments/${a.id}`, {
		method: "DELETE",
		headers: { authorization: "Bearer ak_demo" },
	});
	expect([used.status, await used.json()]).toEqual([
		409,
		expect.objectContaining({ type: "urn:nowcast:problem:in_use", detail: expect.stringContaining("b") }),
	]);
});
