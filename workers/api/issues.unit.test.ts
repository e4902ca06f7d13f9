import { describe, expect, it } from "vitest";
import * as z from "zod";
import { NewAnnotation } from "../../schema/annotation.ts";
import { NewDashboard } from "../../schema/dashboard.ts";
import { NewDigest } from "../../schema/digest.ts";
import { NewInvitation } from "../../schema/people.ts";
import { Query } from "../../schema/query.ts";
import { RawQuestion } from "../../schema/questions.ts";
import { NewSegment } from "../../schema/saved.ts";
import { NewShare } from "../../schema/share.ts";
import { parseInWords } from "./issues.ts";
import { NewKey } from "./keys.ts";
import { NewSite } from "./sites.ts";
import { detailOf } from "./validate.ts";

const said = (schema: z.ZodType, value: unknown) =>
	(parseInWords(schema, value).faults ?? []).map(({ path, message }) => `${path}: ${message}`);
const one = (schema: z.ZodType, value: unknown) => said(z.object({ a: schema }), { a: value });

describe("an issue of each code", () => {
	it.each<[issue: string, schema: z.ZodType, value: unknown, words: string]>([
		["text", z.string(), 5, "expected text, not 5"],
		["a list", z.array(z.string()), "x", "expected a list, not text"],
		["an object", z.object({}), [], "expected an object, not a list"],
		["an object of any names", z.record(z.string(), z.string()), null, "expected an object, not null"],
		["a number", z.number(), "5", "expected a number, not text"],
		["a number of a URL", z.coerce.number(), "many", "expected a number"],
		["a whole number", z.int(), 1.5, "expected a whole number, not 1.5"],
		["true or false", z.boolean(), "", "expected true or false, not empty text"],
		["a field", z.string(), undefined, "missing: expected text"],
		["a word, left out", z.enum(["b", "c"]), undefined, 'missing: expected one of "b", "c"'],
		["a word", z.enum(["b", "c"]), "d", 'expected one of "b", "c", not "d"'],
		["the one value", z.literal(1), 2, "expected 1, not 2"],
		["text that is too long", z.string().max(3), "four", "expected at most 3 characters, not 4"],
		["text that is empty", z.string().min(1), "", "expected text that is not empty"],
		["text that is too short", z.string().min(2), "x", "expected at least 2 characters, not 1"],
		["a list that is too long", z.array(z.int()).max(1), [1, 2], "expected at most 1 entry, not 2"],
		["a list that is too short", z.array(z.int()).min(2), [1], "expected at least 2 entries, not 1"],
		["a number that is too large", z.number().max(3), 4, "expected at most 3, not 4"],
		["a number that is too small", z.int().positive(), -1, "expected more than 0, not -1"],
		["a multiple", z.number().multipleOf(5), 6, "expected a multiple of 5"],
		["an address", z.email(), "ada", "expected an email address, such as ada@example.com"],
		["a URL", z.url(), "example", "expected a URL, such as https://example.com/hook"],
		["a moment", z.iso.datetime(), "now", "expected ISO 8601 with an offset, such as 2026-11-22T09:00:00Z"],
		["a pattern", z.string().regex(/^x$/), "y", "expected another form of text"],
		["a rule", z.string().refine(() => false), "y", "not as it should be"],
		["a schema's own words", z.string().min(5, "five at least"), "y", "five at least"],
		["one of two kinds", z.union([z.string(), z.number()]), [], "expected text, or a number, not []"],
		["one of two, left out", z.union([z.string(), z.number()]), undefined, "missing: expected text, or a number"],
		[
			"a name in an object",
			z.record(z.string().max(1), z.int()),
			{ bc: 1 },
			"its name: expected at most 1 character, not 2",
		],
	])("%s", (_, schema, value, words) => {
		const [first = "", ...others] = one(schema, value);
		expect(first.replace(/^a(\.bc)?: /, "")).toBe(words);
		expect(others).toEqual([]);
	});

	it("fields that are not there are named one by one, with those that are", () => {
		const schema = z.strictObject({ metric: z.string().default("*"), limit: z.int().default(1) });
		const words = "no such field (there are metric, limit)";
		expect(said(schema, { metrik: "x", top: 1 })).toEqual([`metrik: ${words}`, `top: ${words}`]);
	});

	it("a value of none of several shapes is told by the one that it comes nearest to", () => {
		const shapes = z.union([
			z.strictObject({ dim: z.string(), values: z.array(z.int()) }),
			z.strictObject({ not: z.int() }),
		]);
		expect(one(shapes, { dim: "x", values: ["y"] })).toEqual(["a.values.0: expected a number, not text"]);
		expect(one(shapes, { not: "y" })).toEqual(["a.not: expected a number, not text"]);
		expect(one(z.union([z.enum(["b"]), shapes]), { not: "y" })).toEqual(["a.not: expected a number, not text"]);
	});

	it("a shape that is chosen by a word names the words", () => {
		const panel = z.discriminatedUnion("kind", [
			z.object({ kind: z.literal("line") }),
			z.object({ kind: z.literal("bar") }),
		]);
		expect(one(panel, { kind: "gauge" })).toEqual(['a.kind: expected one of "line", "bar", not "gauge"']);
		expect(one(panel, {})).toEqual(['a.kind: missing: expected one of "line", "bar"']);
		expect(one(panel, "line")).toEqual(["a: expected an object, not text"]);
	});
});

/** Words that are the validator's own, and no person's. */
const RAW = /invalid|received|unrecognized|too (big|small)|zod|undefined|NaN/i;

describe("what is sent to the API", () => {
	it.each<[what: string, schema: z.ZodType, value: unknown, words: string[]]>([
		["a question", Query, { metrik: "*" }, ["metrik: no such field (there are kind, metric"]],
		[
			"a measure and a limit",
			Query,
			{ measure: "median", limit: 0 },
			['measure: expected one of "count"', "limit: expected"],
		],
		[
			"a filter",
			Query,
			{ filters: [{ dim: "country", val: ["DE"] }] },
			["filters.0.val: no such field (there are dim, op, values"],
		],
		[
			"a filter's values",
			Query,
			{ filters: [{ dim: "country", values: "DE" }] },
			["filters.0.values: expected a list, not text"],
		],
		["a filter that is none", Query, { filters: ["country"] }, ['filters.0: expected an object, not "country"']],
		[
			"a window",
			RawQuestion,
			{ kind: "funnel", steps: [{ event: "a" }, { event: "b" }], window: "7 days" },
			["window: write a duration"],
		],
		["steps", RawQuestion, { kind: "funnel", steps: [{ event: "a" }] }, ["steps: expected at least 2 entries, not 1"]],
		[
			"a panel",
			NewDashboard,
			{ dashboard: { title: "x", panels: [{ kind: "gauge" }] } },
			['dashboard.panels.0.kind: expected one of "line"'],
		],
		[
			"a panel's interval",
			NewDashboard,
			{ dashboard: { title: "x", panels: [panel({ interval: "2m" })] } },
			["dashboard.panels.0.interval: "],
		],
		["a dashboard's title", NewDashboard, { dashboard: {} }, ["dashboard.title: missing: expected text"]],
		["a segment", NewSegment, { name: "", filter: {} }, ["name: expected text that is not empty", "filter"]],
		["a site", NewSite, { name: "x", zone: "Mars" }, ["zone: expected an IANA time zone, such as Europe/Berlin"]],
		[
			"a site's partitions",
			NewSite,
			{ name: "x", partitions: 3 },
			["partitions: expected 1, or 4, or 16, or 64, not 3"],
		],
		[
			"a key",
			NewKey,
			{ scope: "all" },
			['scope: expected one of "write", "server", "read", "edit", "admin", not "all"'],
		],
		[
			"an invitation",
			NewInvitation,
			{ email: "ada", role: "boss" },
			["email: expected an email address", 'role: expected one of "viewer"'],
		],
		["a link", NewShare, { days: 0 }, ["days: expected at least 1, not 0"]],
		["a digest", NewDigest, { dashboard: "d", name: "n", url: "ftp://x.example" }, ["url: expected a URL"]],
		[
			"an annotation",
			NewAnnotation,
			{ text: "x", at: "yesterday" },
			["at: expected epoch ms or ISO 8601 with an offset, such as 1795338300000 or 2026-11-22T09:05:00Z"],
		],
		["an annotation's end", NewAnnotation, { text: "x", until: -1 }, ["until: expected epoch ms or ISO 8601"]],
	])("%s", (_, schema, value, words) => {
		const got = said(schema, value);
		expect(got).toEqual(words.map((text) => expect.stringContaining(text)));
		for (const text of got) expect(text).not.toMatch(RAW);
	});
});

function panel(more: object): object {
	return { kind: "line", id: "p", grid: { x: 0, y: 0, w: 6, h: 4 }, queries: [{ ref: "A" }], ...more };
}

it("the detail has the first, and says how many others there are", () => {
	const faults = [
		{ path: "a", message: "expected text" },
		{ path: "b", message: "expected text" },
	];
	expect(detailOf(faults)).toBe("a: expected text. 1 more under errors.");
	expect(detailOf([{ path: "", message: "expected a list" }])).toBe("The body: expected a list.");
});
