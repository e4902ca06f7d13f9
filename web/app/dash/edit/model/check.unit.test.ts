import { describe, expect, it } from "vitest";
import { Dashboard, Panel } from "../../../../../schema/dashboard.ts";
import {
	dashboardProblems,
	finished,
	formulaProblem,
	instantProblem,
	panelProblems,
	settingsProblems,
} from "./check.ts";

const grid = { x: 0, y: 0, w: 12, h: 8 };
const line = Panel.parse({ kind: "line", id: "a", grid, queries: [{ ref: "A" }] });
const dashboard = Dashboard.parse({ title: "T", panels: [line] });

function lineWith(more: object): Panel {
	return { ...line, ...more };
}

describe("a panel that can be saved", () => {
	it("has no problems", () => {
		expect([...panelProblems(line)]).toEqual([]);
		expect(dashboardProblems(dashboard)).toEqual([]);
	});
});

describe("problems", () => {
	it("stand at the path of their field", () => {
		const panel = lineWith({ queries: [{ ...line, ref: "A", limit: 0 }], time: { from: "yesterday", to: "now" } });
		const problems = panelProblems(panel);
		expect(problems.get("queries.0.limit")).toMatch(/>=1/);
		expect(problems.get("time.from")).toMatch(/now-24h/);
		expect(problems.has("time.to")).toBe(false);
	});

	it("say what a formula lacks", () => {
		expect(formulaProblem("A / B * 100", ["A", "B"])).toBeNull();
		expect(formulaProblem("A / C", ["A", "B"])).toBe("There is no query C.");
		expect(formulaProblem(" ", ["A"])).toMatch(/Write a formula/);
		expect(formulaProblem("A +", ["A"])).not.toBeNull();
	});

	it("say that two queries have one letter, that all are hidden, and that an axis is upside down", () => {
		const query = { ref: "A", label: "", hidden: true, metric: "*", measure: "count", filters: [], groupBy: [] };
		const full = { ...query, limit: 10, exact: false };
		const problems = panelProblems(lineWith({ queries: [full, full], min: 5, max: 1 }));
		expect(problems.get("queries.1.ref")).toBe("There are two queries A.");
		expect(problems.get("queries")).toMatch(/hidden/);
		expect(problems.get("max")).toMatch(/over the lower/);
	});

	it("of the settings name the setting", () => {
		const problems = settingsProblems({ ...dashboard, title: "", timezone: "Mars/Olympus" });
		expect(problems.get("title")).toBe("This must not be empty.");
		expect(problems.get("timezone")).toMatch(/no time zone/);
	});

	it("of the whole say which panel they are of", () => {
		const wrong = { ...dashboard, panels: [lineWith({ title: "Visitors", min: 2, max: 1 })] };
		expect(dashboardProblems(wrong)).toMatchObject([{ panel: "a", text: expect.stringContaining("Visitors") }]);
	});
});

describe("instants", () => {
	it.each(["now", "now-7d", "now/d", "2026-11-22", "1700000000000", "$from"])("take %s", (text) => {
		expect(instantProblem(text)).toBeNull();
	});
	it.each(["", "yesterday", "now-", "7d"])("do not take %j", (text) => {
		expect(instantProblem(text)).not.toBeNull();
	});
});

describe("what is saved", () => {
	it("has no rows of filters that are still being filled in, and thresholds in their order", () => {
		const panel = Panel.parse({
			...line,
			queries: [{ ref: "A", filters: [{ dim: "country" }, { dim: "device", values: ["mobile"] }] }],
			thresholds: [
				{ value: 5, tone: "bad" },
				{ value: 1, tone: "warn" },
			],
		});
		const [saved] = finished({ ...dashboard, panels: [panel] }).panels;
		expect(saved).toMatchObject({
			queries: [{ filters: [{ dim: "device", op: "in", values: ["mobile"] }] }],
			thresholds: [{ value: 1 }, { value: 5 }],
		});
	});

	it("is what it was where there is nothing to finish", () => {
		expect(finished(dashboard)).toEqual(dashboard);
	});
});
