import { expect, test } from "vitest";
import { metaOf } from "../../../../schema/query.testing.ts";
import type { EventRecord } from "../../../../schema/questions.ts";
import { eventsTable, funnelTable, pathsTable, retentionTable, seriesTable } from "./tables.ts";

const meta = metaOf();

test("series: a row a bucket and group, with the previous period of the same group", () => {
	const table = seriesTable(
		{
			series: [
				{
					group: { device: "mobile" },
					points: [
						["d1", 3],
						["d2", null],
					],
					total: 3,
				},
				{ group: { device: "desktop" }, points: [["d1", 5]], total: 5 },
			],
			compare: [{ group: { device: "mobile" }, points: [["d0", 2]], total: 2 }],
			meta,
		},
		["device"],
		"count",
	);
	expect(table.head).toEqual(["from", "device", "count", "previous"]);
	expect(table.rows).toEqual([
		["d1", "mobile", 3, 2],
		["d2", "mobile", null, null],
		["d1", "desktop", 5, null],
	]);
});

test("funnel: steps of everybody, then of each group", () => {
	const step = { label: "a", count: 2, dropped: 1, in_progress: 0, conversion: 1, step_conversion: 1, times: null };
	const answer = { steps: [step], groups: [{ group: { country: "DE" }, steps: [step] }] };
	expect(funnelTable(answer, ["Home"], null).rows).toEqual([[1, "Home", 2, 1, 1, 1, 0, null, null]]);
	expect(funnelTable(answer, ["Home"], "country").rows.map((row) => row.slice(0, 3))).toEqual([
		["(all)", 1, "Home"],
		["DE", 1, "Home"],
	]);
});

test("retention: periods that have not begun are no rows, incomplete ones say so", () => {
	const values = [{ count: 4, rate: 1, complete: true }, { count: 1, rate: 0.25, complete: false }, null];
	expect(retentionTable({ cohorts: [{ t: "d1", size: 4, values }], mean: [1] }, "day").rows).toEqual([
		["d1", 4, 0, 4, 1, "yes"],
		["d1", 4, 1, 1, 0.25, "no"],
	]);
});

test("paths: links by step, largest first", () => {
	const nodes = [
		{ id: 0, level: 0, label: "/", count: 9 },
		{ id: 1, level: 1, label: "/a", count: 2 },
		{ id: 2, level: 1, label: "/b", count: 7 },
		{ id: 3, level: 2, label: "(end)", count: 2 },
	];
	const links = [
		{ source: 1, target: 3, count: 2 },
		{ source: 0, target: 1, count: 2 },
		{ source: 0, target: 2, count: 7 },
	];
	expect(pathsTable({ total: 9, nodes, links }).rows).toEqual([
		[1, "/", "/b", 7],
		[1, "/", "/a", 2],
		[2, "/a", "(end)", 2],
	]);
});

test("events: a column for each field that one of them has", () => {
	const event = (fields: Record<string, string>): EventRecord => ({
		id: "1",
		t: "t",
		received_at: "t",
		name: "n",
		visitor: "v",
		flags: [],
		value: null,
		fields,
		props: { plan: "pro" },
	});
	const table = eventsTable([event({ path: "/" }), event({ country: "DE" })]);
	expect(table.head.slice(5)).toEqual(["path", "country", "props"]);
	expect(table.rows[1]?.slice(5)).toEqual([null, "DE", '{"plan":"pro"}']);
});
