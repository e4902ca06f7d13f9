import { describe, expect, it } from "vitest";
import { Variable } from "../../schema/dashboard.ts";
import { PanelRequest } from "../../schema/panel.ts";
import { NewShare } from "../../schema/share.ts";
import { underShare } from "./limits.ts";

const variables = [
	Variable.parse({ kind: "list", name: "plan", options: [{ value: "free" }, { value: "pro" }] }),
	Variable.parse({ kind: "text", name: "search" }),
];
const asked = PanelRequest.parse({
	time: { from: "now-300d", to: "now" },
	variables: { plan: ["pro"] },
	explain: true,
	fresh: true,
	maxDataPoints: 120,
});
const under = (options: object) =>
	underShare({ share: { id: "shr_1", dashboard: "d", expiresAt: null, options: NewShare.parse(options) } }, asked, {
		variables,
	});
const own = { from: "now-7d", to: "now" };

describe("under a shared link", () => {
	it("the viewer chooses what the link lets choose", () => {
		expect(under({ choose_time: true, choose_variables: true, time: own, variables: { search: ["x"] } })).toEqual({
			...asked,
			variables: { plan: ["pro"], search: ["x"] },
			explain: false,
			fresh: false,
		});
	});

	it("otherwise it is the link's", () => {
		const given = { choose_time: false, choose_variables: false, time: own, variables: { plan: ["free"] } };
		expect(under(given)).toMatchObject({ time: own, variables: { plan: ["free"] } });
	});

	it("or, where the link says nothing, the dashboard's", () => {
		const clamped = under({ choose_time: false, choose_variables: false });
		expect(clamped.time).toBeUndefined();
		expect(Object.values(clamped.variables).flat()).toEqual([]);
	});

	it("what the dashboard does not offer any more is its default", () => {
		const clamped = under({ variables: { plan: ["enterprise"], gone: ["x"] } });
		expect(clamped.variables.plan).toBeUndefined();
		expect(clamped.variables.gone).toBeUndefined();
	});

	it("others choose freely", () => {
		expect(underShare({}, asked, { variables })).toBe(asked);
	});
});
