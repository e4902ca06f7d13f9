import { expect, test } from "vitest";
import { Panel, type PanelInput } from "../../../schema/dashboard.ts";
import { ownAnswer, pointsFor, questionOf } from "./question.ts";

const grid = { x: 0, y: 0, w: 12, h: 8 };
const line = (change: Partial<PanelInput> = {}) =>
	Panel.parse({ kind: "line", id: "p1", grid, queries: [{ ref: "A" }], ...change });
const asking = { time: { from: "now-24h", to: "now" }, timezone: "UTC", variables: {} };
const saved = { uid: "d1", version: 3 };

test("screens of about the same size ask the same question", () => {
	expect(pointsFor("line", 900)).toBe(pointsFor("line", 620));
	expect([100, 390, 700, 1400, 3800].map((width) => pointsFor("line", width))).toEqual([100, 100, 300, 500, 1000]);
	expect(pointsFor("bar", 700)).toBeLessThan(pointsFor("line", 700));
	expect(pointsFor("stat", 1)).toBe(100);
});

test("a saved panel's question is its place, its version, and what is looked at", () => {
	const question = questionOf(line(), saved, asking, 300);
	expect(questionOf(line({ title: "Other" }), saved, asking, 300)).toBe(question);
	expect(questionOf(line(), { ...saved, version: 4 }, asking, 300)).not.toBe(question);
	expect(questionOf(line(), saved, { ...asking, variables: { c: ["DE"] } }, 300)).not.toBe(question);
	expect(questionOf(line(), saved, asking, 500)).not.toBe(question);
});

test("in the editor only what changes the answer asks anew: queries do, looks do not", () => {
	const preview = { preview: {} };
	const question = questionOf(line(), preview, asking, 300);
	const looks: Partial<PanelInput>[] = [{ title: "Visitors" }, { grid: { ...grid, x: 2 } }, { description: "words" }];
	for (const change of looks) expect(questionOf(line(change), preview, asking, 300)).toBe(question);
	expect(questionOf(Panel.parse({ ...line(), unit: "percent" }), preview, asking, 300)).toBe(question);
	expect(questionOf(Panel.parse({ ...line(), compare: true }), preview, asking, 300)).not.toBe(question);
	expect(questionOf(line({ title: "In $country" }), preview, asking, 300)).not.toBe(question);
});

test("a text without variables is its own answer", () => {
	const text = (markdown: string) => Panel.parse({ kind: "text", id: "t", grid, markdown });
	expect(ownAnswer(text("# Hello"), "UTC")).toMatchObject({ markdown: "# Hello", results: [] });
	expect(ownAnswer(text("Of $country"), "UTC")).toBeNull();
	expect(ownAnswer(line(), "UTC")).toBeNull();
});
