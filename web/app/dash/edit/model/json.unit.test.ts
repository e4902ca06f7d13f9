import { describe, expect, it } from "vitest";
import { Dashboard } from "../../../../../schema/dashboard.ts";
import { readJson } from "./json.ts";

describe("a dashboard as JSON", () => {
	it("is read back as it was written", () => {
		const dashboard = Dashboard.parse({ title: "Site", variables: [{ kind: "text", name: "page" }] });
		expect(readJson(JSON.stringify(dashboard))).toEqual({ dashboard });
	});

	it("takes its defaults where it says nothing", () => {
		expect(readJson('{"title":"Short"}')).toEqual({ dashboard: Dashboard.parse({ title: "Short" }) });
	});

	it("says what is wrong, and where", () => {
		expect(readJson("{")).toMatchObject({ problems: [expect.stringContaining("not JSON")] });
		const panel = { kind: "text", id: "a", grid: { x: 30, y: 0, w: 4, h: 4 } };
		const read = readJson(JSON.stringify({ title: "T", panels: [panel] }));
		expect(read).toMatchObject({ problems: expect.arrayContaining([expect.stringContaining("/panels/0/grid/x")]) });
	});
});
