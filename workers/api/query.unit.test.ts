import { describe, expect, it } from "vitest";
import { Query } from "../../schema/query.ts";
import { questionOf } from "./params.ts";

const parsed = (params: Parameters<typeof questionOf>[0]) => Query.parse(questionOf(params));

describe("GET's parameters", () => {
	it("say what the body would", () => {
		const body = {
			kind: "breakdown",
			metric: "purchase",
			measure: "uniques",
			groupBy: ["country", "device"],
			filters: [
				{ dim: "country", op: "in", values: ["DE", "FR"] },
				{ dim: "device", op: "nin", values: ["tablet"] },
			],
			limit: 5,
			explain: true,
			divideBy: { metric: "a:b", measure: "count" },
		};
		const params = {
			kind: "breakdown",
			metric: "purchase",
			measure: "uniques",
			groupBy: "country,device",
			filter: ["country:DE,FR", "device!:tablet"],
			limit: "5",
			explain: "true",
			divideBy: "a:b:count",
			site: "shop",
		};
		expect(parsed(params)).toEqual(Query.parse(body));
	});

	it("take filters as JSON, and none at all", () => {
		const filters = [{ dim: "country", op: "eq", values: ["DE,FR"] }];
		expect(parsed({ filters: JSON.stringify(filters) }).filters).toEqual(filters);
		expect(parsed({})).toEqual(Query.parse({}));
	});

	it("may come as lists of one, as a URL's do; twice only where a list is meant", () => {
		expect(parsed({ metric: ["a"], limit: ["3"], groupBy: ["country", "device"] })).toEqual(
			Query.parse({ metric: "a", limit: 3, groupBy: ["country", "device"] }),
		);
		expect(() => parsed({ metric: ["a", "b"] })).toThrow();
	});

	it("that cannot be read are refused", () => {
		expect(() => questionOf({ filter: "country" })).toThrow("dimension:value");
		expect(() => questionOf({ filter: ":DE" })).toThrow("dimension:value");
		expect(() => questionOf({ filters: "{}" })).toThrow("JSON array");
		expect(() => parsed({ limit: "many" })).toThrow();
	});
});
