import { describe, expect, it } from "vitest";
import { compileFilters, type SeriesFilter } from "./filter.ts";

const dims = ["country", "device"];
const rows = [
	["DE", "mobile"],
	["FR", "mobile"],
	["DE", "desktop"],
	["(none)", "desktop"],
];
const kept = (...filters: SeriesFilter[]) => rows.filter(compileFilters(filters, dims)).map((row) => row.join());

describe("filters", () => {
	it("keep the values named, or all but those", () => {
		expect(kept({ dim: "country", op: "eq", values: ["DE"] })).toEqual(["DE,mobile", "DE,desktop"]);
		expect(kept({ dim: "country", op: "in", values: ["DE", "FR"] })).toHaveLength(3);
		expect(kept({ dim: "country", op: "neq", values: ["DE"] })).toEqual(["FR,mobile", "(none),desktop"]);
		expect(kept({ dim: "country", op: "nin", values: ["DE", "(none)"] })).toEqual(["FR,mobile"]);
	});

	it("must all hold; none keeps everything", () => {
		expect(
			kept({ dim: "country", op: "in", values: ["DE"] }, { dim: "device", op: "neq", values: ["mobile"] }),
		).toEqual(["DE,desktop"]);
		expect(kept()).toHaveLength(4);
	});

	it("take what a window from before the dimension lacks for (none)", () => {
		const test = compileFilters([{ dim: "device", op: "eq", values: ["(none)"] }], dims);
		expect([test(["DE"]), test(["DE", "mobile"])]).toEqual([true, false]);
	});

	it("of a dimension that the part lacks are a mistake of the plan", () => {
		expect(() => compileFilters([{ dim: "plan", op: "eq", values: ["pro"] }], dims)).toThrow(RangeError);
	});
});
