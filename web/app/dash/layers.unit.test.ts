import { expect, test } from "vitest";
import type { Annotation } from "../../../schema/annotation.ts";
import { AnnotationLayer } from "../../../schema/dashboard.ts";
import { marksAnomalies, shownAnnotations, withoutAnomalies } from "./layers.ts";

const note = (id: string, ...tags: string[]): Annotation => ({
	id,
	at: 0,
	until: null,
	text: id,
	tags,
	dashboard: null,
	version: 1,
	by: { kind: "user", id: "u", name: "Ada" },
	created_at: 0,
});
const layer = (input: object) => AnnotationLayer.parse(input);
const notes = [note("a", "deploy"), note("b", "DE"), note("c")];
const ids = (layers: AnnotationLayer[], switched = new Map<number, boolean>(), values = new Map<string, string[]>()) =>
	shownAnnotations(notes, layers, switched, values).map(({ id }) => id);

test("a layer without tags shows all, one with tags those that have any of them", () => {
	expect(ids([layer({ kind: "stored" })])).toEqual(["a", "b", "c"]);
	expect(ids([layer({ kind: "stored", tags: ["deploy", "x"] })])).toEqual(["a"]);
});

test("a switch of the viewer's goes before what the dashboard says", () => {
	const layers = [layer({ kind: "stored", tags: ["deploy"] }), layer({ kind: "stored", tags: ["DE"], enabled: false })];
	expect(ids(layers)).toEqual(["a"]);
	expect(ids(layers, new Map([[1, true]]))).toEqual(["a", "b"]);
	expect(ids(layers, new Map([[0, false]]))).toEqual([]);
});

test("tags may be variables", () => {
	const layers = [layer({ kind: "stored", tags: ["$country"] })];
	expect(ids(layers, new Map(), new Map([["country", ["DE", "FR"]]]))).toEqual(["b"]);
	expect(ids(layers, new Map(), new Map([["country", ["$__all"]]]))).toEqual(["a", "b", "c"]);
	expect(ids(layers)).toEqual([]);
});

test("anomalies are marked unless a layer is there to say no", () => {
	const anomalies = layer({ kind: "anomalies", enabled: false });
	expect(marksAnomalies([], new Map())).toBe(true);
	expect(marksAnomalies([anomalies], new Map())).toBe(false);
	expect(marksAnomalies([anomalies], new Map([[0, true]]))).toBe(true);
	const bare = withoutAnomalies({
		title: "",
		description: "",
		results: [{ ref: "A", live: null, anomalies: [] }],
		from: 0,
		to: 0,
		timezone: "UTC",
	});
	expect(bare.results[0]).not.toHaveProperty("anomalies");
});
