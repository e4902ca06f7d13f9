import { beforeEach, describe, expect, it } from "vitest";
import { Dashboard } from "../../../../../schema/dashboard.ts";
import { type DraftShelf, dropDraft, keepDraft, readDraft } from "./drafts.ts";

const kept = new Map<string, string>();
const shelf: DraftShelf = {
	getItem: (key) => kept.get(key) ?? null,
	setItem: (key, value) => void kept.set(key, value),
	removeItem: (key) => void kept.delete(key),
};
const refusing: DraftShelf = {
	getItem: () => {
		throw new Error("refused");
	},
	setItem: () => {
		throw new Error("full");
	},
	removeItem: () => {
		throw new Error("refused");
	},
};
const draft = { dashboard: Dashboard.parse({ title: "Half done" }), version: 3, at: 1_000 };

beforeEach(() => kept.clear());

describe("drafts", () => {
	it("are there again after a reload, each for its own dashboard, until they are dropped", () => {
		keepDraft(shelf, "a", draft);
		expect(readDraft(shelf, "a")).toEqual(draft);
		expect(readDraft(shelf, "b")).toBeNull();
		dropDraft(shelf, "a");
		expect(readDraft(shelf, "a")).toBeNull();
	});

	it("that cannot be read are none", () => {
		for (const text of ["", "{", "{}", '{"version":1,"at":2,"dashboard":{"title":5}}']) {
			shelf.setItem("nowcast.draft.a", text);
			expect(readDraft(shelf, "a")).toBeNull();
		}
	});

	it("are done without where the browser keeps nothing", () => {
		expect(() => keepDraft(refusing, "a", draft)).not.toThrow();
		expect(() => dropDraft(refusing, "a")).not.toThrow();
		expect(readDraft(refusing, "a")).toBeNull();
	});
});
