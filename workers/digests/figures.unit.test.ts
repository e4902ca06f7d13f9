import { describe, expect, it } from "vitest";
import { Panel, type PanelInput } from "../../schema/dashboard.ts";
import type { DigestPayload } from "../../schema/digest.ts";
import type { PanelAnswer, PanelResult } from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";
import { metaOf } from "../../schema/query.testing.ts";
import type { Answer, BreakdownRow } from "../../schema/query.ts";
import { type Ask, figureOf, toldPanels, unitOf } from "./figures.ts";
import { formatted, slackOf } from "./slack.ts";

const grid = { x: 0, y: 0, w: 6, h: 4 };
const meta = metaOf();
type Told = Parameters<typeof figureOf>[0];
const told = (input: PanelInput): Told => {
	const [panel] = toldPanels({ panels: [Panel.parse(input)] });
	if (!panel) throw new Error("no such panel in digests");
	return panel;
};
const total = (value: number | null, previous: number | null): Answer => ({
	series: [{ group: {}, points: [], total: value }],
	compare: [{ group: {}, points: [], total: previous }],
	meta,
});
const table = (...rows: [string, number, number | null][]): Answer => ({
	table: rows.map(([name, value, previous]): BreakdownRow => ({ group: { path: name }, value, previous })),
	meta,
});
const panelAnswer = (panel: Panel, results: PanelResult[]): PanelAnswer => ({
	title: panel.title,
	description: "",
	results,
	formulas: "formulas" in panel ? panel.formulas : [],
	from: 0,
	to: 1,
	timezone: "UTC",
});
/** Answers by how the panel asks: totals of a stat, or the groups of a table. */
const answering =
	(totals: Answer[], groups: Answer[] = []): Ask =>
	async (panel) => {
		const answers = panel.kind === "stat" ? totals : groups;
		const refs = "queries" in panel ? panel.queries.map(({ ref }) => ref) : [];
		return panelAnswer(
			panel,
			refs.flatMap((ref, i) => (answers[i] ? [{ ref, answer: answers[i], live: null }] : [])),
		);
	};

describe("a panel's figure", () => {
	it("is its total beside that of the period before", async () => {
		const panel = told({
			kind: "line",
			id: "p1",
			title: "Visitors",
			grid,
			queries: [{ ref: "A", measure: "uniques" }],
		});
		expect(await figureOf(panel, answering([total(120, 100)]), null)).toEqual({
			id: "p1",
			title: "Visitors",
			kind: "line",
			unit: "count",
			value: 120,
			previous: 100,
			change: 0.2,
		});
		expect(await figureOf(panel, answering([total(5, 0)]), null)).toMatchObject({
			value: 5,
			previous: 0,
			change: null,
		});
		expect(await figureOf(panel, answering([total(null, null)]), null)).toMatchObject({ value: null, change: null });
	});

	it("is asked of the digest's range, compared, and without its groups", async () => {
		const asked: Panel[] = [];
		const panel = told({
			kind: "area",
			id: "p1",
			grid,
			queries: [{ ref: "A", groupBy: ["channel"] }],
			time: { from: "now-1h", to: "now" },
		});
		await figureOf(
			panel,
			async (one) => {
				asked.push(one);
				return panelAnswer(one, []);
			},
			null,
		);
		expect(asked).toMatchObject([
			{ kind: "stat", compare: true, time: null, queries: [{ groupBy: [] }] },
			{ kind: "table", compare: true, time: null, queries: [{ groupBy: ["channel"] }] },
		]);
	});

	it("of groups has the five largest beside its total", async () => {
		const panel = told({ kind: "table", id: "p1", grid, queries: [{ ref: "A", groupBy: ["path"] }] });
		const groups = table(
			["/a", 6, 3],
			["(other)", 90, 90],
			["/b", 9, null],
			["/c", 1, 1],
			["/d", 2, 4],
			["/e", 3, 3],
			["/f", 4, 4],
		);
		const found = await figureOf(panel, answering([total(115, 100)], [groups]), null);
		expect(found.value).toBe(115);
		expect(found.rows?.map(({ label, value, change }) => [label, value, change])).toEqual([
			["/b", 9, null],
			["/a", 6, 1],
			["/f", 4, 0],
			["/e", 3, 0],
			["/d", 2, -0.5],
		]);
	});

	it("is a formula's where its queries are hidden", async () => {
		const panel = told({
			kind: "stat",
			id: "p1",
			grid,
			queries: [
				{ ref: "A", hidden: true },
				{ ref: "B", hidden: true },
			],
			formulas: [{ expression: "A / B", label: "Rate" }],
			unit: "percent",
		});
		expect(await figureOf(panel, answering([total(1, 1), total(4, 5)]), null)).toMatchObject({
			unit: "percent",
			value: 0.25,
			previous: 0.2,
			change: expect.closeTo(0.25),
		});
	});

	it("of several series has a row for each", async () => {
		const queries = [
			{ ref: "A" as const, label: "Views" },
			{ ref: "B" as const, metric: "purchase" },
		];
		const panel = told({ kind: "line", id: "p1", grid, queries });
		const found = await figureOf(panel, answering([total(8, 4), total(2, 2)]), null);
		expect(found).toMatchObject({
			value: 8,
			rows: [
				{ label: "Views", value: 8 },
				{ label: "purchase, count", value: 2 },
			],
		});
	});

	it("that cannot be answered says why", async () => {
		const panel = told({ kind: "stat", id: "p1", title: "T", grid, queries: [{ ref: "A" }] });
		const failing: Ask = async () => {
			throw new Problem(422, "zone", "No such zone.");
		};
		expect(await figureOf(panel, failing, null)).toMatchObject({ title: "T", value: null, problem: "No such zone." });
		const refused: Ask = async (one) =>
			panelAnswer(one, [{ ref: "A", problem: { status: 422, detail: "No such metric." }, live: null }]);
		expect(await figureOf(panel, refused, null)).toMatchObject({ value: null, problem: "No such metric." });
	});

	it("is money where events have a value and the site a currency", () => {
		const unit = (measure: "sum" | "avg" | "count" | "bounce_rate" | "duration" | "rate", currency: string | null) =>
			unitOf(told({ kind: "stat", id: "p", grid, queries: [{ ref: "A", measure }] }), currency);
		expect([unit("sum", "EUR"), unit("avg", "EUR"), unit("sum", null)]).toEqual(["currency", "currency", "number"]);
		expect([unit("count", "EUR"), unit("bounce_rate", "EUR"), unit("duration", null), unit("rate", null)]).toEqual([
			"count",
			"percent",
			"duration",
			"number",
		]);
	});
});

describe("the panels of a digest", () => {
	it("are those with figures, from the top, left to right", () => {
		const place = (x: number, y: number) => ({ x, y, w: 6, h: 4 });
		const queries = [{ ref: "A" as const }];
		const panels = [
			{ kind: "pie" as const, id: "c", grid: place(0, 4), queries },
			{ kind: "stat" as const, id: "b", grid: place(6, 0), queries },
			{ kind: "text" as const, id: "t", grid: place(12, 0) },
			{ kind: "heatmap" as const, id: "h", grid: place(12, 0), queries },
			{ kind: "stat" as const, id: "a", grid: place(0, 0), queries },
		].map((input) => Panel.parse(input));
		expect(toldPanels({ panels }).map(({ id }) => id)).toEqual(["a", "b", "c"]);
	});
});

describe("a digest for Slack", () => {
	const payload: DigestPayload = {
		type: "digest",
		v: 1,
		id: "dg_1",
		name: "Morning",
		site: { id: "s", name: "Shop", zone: "Europe/Berlin" },
		dashboard: { uid: "d_1", title: "Shop & Co", path: "/d/d_1", url: "https://n.example/d/d_1" },
		every: "week",
		period: { from: "2026-11-16T00:00:00+01:00", to: "2026-11-23T00:00:00+01:00" },
		currency: "EUR",
		panels: [
			{ id: "p1", title: "Revenue", kind: "stat", unit: "currency", value: 1234.5, previous: 1000, change: 0.2345 },
			{
				id: "p2",
				title: "Pages <b>",
				kind: "table",
				unit: "count",
				value: 12000,
				previous: 12000,
				change: 0,
				rows: [{ label: "/a&b", value: 7000, previous: 8000, change: -0.125 }],
			},
			{ id: "p3", title: "None", kind: "stat", unit: "count", value: null, previous: null, change: null },
		],
	};

	it("shows figures as people write them, and no markup of others", () => {
		const { text, blocks } = slackOf(payload);
		expect(text).toBe("Shop &amp; Co, 2026-11-16 to 2026-11-22: Revenue €1,234.50  ▲ 23.5%");
		expect(blocks).toEqual([
			{ type: "header", text: { type: "plain_text", text: "Shop & Co" } },
			{
				type: "context",
				elements: [{ type: "mrkdwn", text: "2026-11-16 to 2026-11-22 · compared with the week before" }],
			},
			{
				type: "section",
				fields: [
					{ type: "mrkdwn", text: "*Revenue*\n€1,234.50  ▲ 23.5%" },
					{ type: "mrkdwn", text: "*Pages &lt;b&gt;*\n12,000  = 0%" },
					{ type: "mrkdwn", text: "*None*\n–" },
				],
			},
			{ type: "section", text: { type: "mrkdwn", text: "*Pages &lt;b&gt;*\n• /a&amp;b  7,000  ▼ 12.5%" } },
			{ type: "context", elements: [{ type: "mrkdwn", text: "<https://n.example/d/d_1|Open the dashboard>" }] },
		]);
	});

	it("keeps to Slack's ten fields a section", () => {
		const [panel] = payload.panels;
		const many = slackOf({ ...payload, panels: Array.from({ length: 20 }, () => panel ?? payload.panels).flat() });
		expect(
			many.blocks.filter((block) => block.type === "section").map((b) => ("fields" in b ? b.fields.length : 0)),
		).toEqual([10, 10]);
	});

	it("writes lengths of time", () => {
		expect([800, 45_000, 192_000, 7_500_000].map((ms) => formatted(ms, "duration", null))).toEqual([
			"0.8s",
			"45s",
			"3m 12s",
			"2h 5m",
		]);
		expect(formatted(0.1234, "percent", null)).toBe("12.34%");
	});
});
