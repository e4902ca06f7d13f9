import { expect, test } from "vitest";
import type { Site } from "../api.ts";
import { changesOf, formOf, problemsOf } from "./site-form.ts";

const SITE = {
	id: "s_1",
	name: "Shop",
	zone: "Europe/Berlin",
	week_start: "monday",
	currency: "EUR",
	origins: ["https://shop.example"],
	dimensions: ["plan"],
	partitions: 4,
	quota: null,
	d1_shard: "main",
	retention_days: 90,
	org: "org_default",
	embed_origins: [],
	version: 3,
	created_at: 0,
} satisfies Record<keyof Site, unknown> as unknown as Site;

test("a form that nobody touched changes nothing", () => {
	expect(changesOf(formOf(SITE), SITE)).toEqual({});
	expect(problemsOf(formOf(SITE), SITE)).toEqual({});
});

test("only what was changed is sent", () => {
	const form = {
		...formOf(SITE),
		name: " Store ",
		origins: "https://shop.example/\nhttps://www.shop.example, ",
		quota: "50",
	};
	expect(problemsOf(form, SITE)).toEqual({});
	expect(changesOf(form, SITE)).toEqual({
		name: "Store",
		origins: ["https://shop.example", "https://www.shop.example"],
		quota: 50,
	});
});

test("dimensions only grow", () => {
	expect(changesOf({ ...formOf(SITE), added: ["team"] }, SITE)).toEqual({ dimensions: ["plan", "team"] });
	expect(problemsOf({ ...formOf(SITE), added: ["a", "b", "c"] }, SITE)).toHaveProperty("added");
});

test("what the server would refuse is said before it is asked", () => {
	const form = {
		...formOf(SITE),
		name: " ",
		origins: "shop.example",
		embed_origins: "https://a.example/path",
		quota: "0",
		retention_days: "401",
	};
	expect(Object.keys(problemsOf(form, SITE)).sort()).toEqual([
		"embed_origins",
		"name",
		"origins",
		"quota",
		"retention_days",
	]);
});
