import { expect, test } from "vitest";
import type { DashboardSummary } from "../../../schema/dashboard.ts";
import { ago, listed, readListView, writeListView } from "./listing.ts";

const by = { kind: "user", id: "u", name: "Ada" } as const;
const one = (title: string, updated_at: number, tags: string[] = [], panels = 1): DashboardSummary => ({
	uid: title,
	version: 1,
	created_at: -updated_at,
	created_by: by,
	updated_at,
	updated_by: by,
	title,
	description: `about ${title}`,
	tags,
	panels,
});
const all = [one("Shop", 3, ["web", "sales"], 2), one("Ops", 5, ["web"], 9), one("Growth", 1, [])];
const titles = (search: string) => listed(all, readListView(search)).map(({ title }) => title);

test("what was changed last stands first, unless another order is asked for", () => {
	expect(titles("")).toEqual(["Ops", "Shop", "Growth"]);
	expect(titles("?sort=title")).toEqual(["Growth", "Ops", "Shop"]);
	expect(titles("?sort=created")).toEqual(["Growth", "Shop", "Ops"]);
	expect(titles("?sort=panels")).toEqual(["Ops", "Shop", "Growth"]);
	expect(titles("?sort=size")).toEqual(["Ops", "Shop", "Growth"]);
});

test("a search finds words anywhere, and tags narrow", () => {
	expect(titles("?search=ABOUT%20sho")).toEqual(["Shop"]);
	expect(titles("?search=sales")).toEqual(["Shop"]);
	expect(titles("?tag=web")).toEqual(["Ops", "Shop"]);
	expect(titles("?tag=web&tag=sales")).toEqual(["Shop"]);
	expect(titles("?search=nothing")).toEqual([]);
});

test("the address holds the view of the list", () => {
	const view = { sought: "a b", tags: ["x", "y"], order: "title" } as const;
	expect(readListView(writeListView({ ...view, tags: [...view.tags] }))).toEqual(view);
	expect(writeListView(readListView(""))).toBe("");
});

test("times are told as people tell them", () => {
	const hour = 3_600_000;
	expect([ago(0, 10), ago(0, 2 * hour), ago(0, 25 * hour), ago(0, 50 * 24 * hour)]).toEqual([
		"just now",
		"2 hours ago",
		"yesterday",
		"last month",
	]);
});
