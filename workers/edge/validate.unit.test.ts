import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireBatch, WireEvent } from "../../schema/event.ts";
import { explain, explainBatch, isBatch, isWireEvent, parseIso, refusal } from "./validate.ts";

/** What can come out of JSON.parse: numbers may be infinite (1e999), keys may be anything, objects have no methods. */
const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null");

const nearLimit = (n: number) => fc.integer({ min: n - 2, max: n + 2 });
const text = fc.oneof(
	fc.string({ unit: "binary", maxLength: 20 }),
	nearLimit(1024).map((n) => "x".repeat(n)),
	// Two, three and four bytes a character, and lone surrogates, which are three.
	nearLimit(512).map((n) => "é".repeat(n)),
	nearLimit(341).map((n) => "€".repeat(n)),
	nearLimit(256).map((n) => "🙂".repeat(n)),
	nearLimit(341).map((n) => "\ud800".repeat(n)),
);
const junk = fc.oneof(
	text,
	fc.double(),
	fc.constantFrom(0, -0, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e15),
	fc.boolean(),
	fc.constant(null),
	fc.constant([]),
	fc.constant({}),
);
const id = fc.oneof(
	fc.stringMatching(/^[\x20-\x7f]{0,5}$/),
	nearLimit(64).map((n) => "i".repeat(n)),
);
const code = (n: number) => fc.oneof(fc.stringMatching(new RegExp(`^[A-Z]{${n - 1},${n + 1}}\\n?$`)), fc.string());
const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString", "plan"));
const props = fc.oneof(
	fc.array(fc.tuple(key, junk), { maxLength: 5 }).map((pairs) => pairs),
	nearLimit(64).map((n) => Array.from({ length: n }, (_, i): [string, unknown] => [`p${i}`, i])),
	nearLimit(64).map((n) => [["__proto__", {}], ...Array.from({ length: n }, (_, i) => [`p${i}`, i])]),
);
const object = (pairs: readonly (readonly unknown[])[]) =>
	`{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${numberText(v)}`).join(",")}}`;
/** JSON has a way to write what JSON.stringify does not: infinity, and a key twice. */
const numberText = (value: unknown): string =>
	value === Infinity ? "1e999" : value === -Infinity ? "-1e999" : (JSON.stringify(value) ?? "null");

const field = (valid: fc.Arbitrary<unknown>) =>
	fc.oneof({ weight: 6, arbitrary: valid.map(numberText) }, { weight: 1, arbitrary: junk.map(numberText) });
const good = {
	id: field(id),
	age: field(fc.double({ min: -1, max: 1e9, noNaN: true })),
	ts: field(fc.oneof(fc.double({ min: -1, noNaN: true }), fc.string())),
	visitor_id: field(text),
	user_id: field(text),
	session_id: field(text),
	url: field(text),
	referrer: field(text),
	title: field(text),
	screen: field(text),
	lang: field(text),
	value: field(fc.double({ noNaN: true })),
	currency: field(code(3)),
	interactive: field(fc.boolean()),
	props: fc.oneof(props.map(object), junk.map(numberText)),
	context: fc.oneof(
		fc
			.array(fc.tuple(fc.constantFrom("ip", "user_agent", "country", "other", "__proto__"), junk), { maxLength: 3 })
			.map(object),
		code(2).map((country) => JSON.stringify({ country })),
		junk.map(numberText),
	),
	unknown: field(junk),
};
const name = fc.oneof(
	fc.string({ minLength: 1, maxLength: 10 }),
	nearLimit(64).map((n) => "n".repeat(n)),
	nearLimit(32).map((n) => "🙂".repeat(n)),
);
/** Few fields an event, so that most events have at most one thing wrong. */
const event = fc
	.tuple(
		field(name),
		fc
			.subarray(Object.keys(good) as (keyof typeof good)[], { maxLength: 3 })
			.chain((fields) => fc.tuple(...fields.map((f) => good[f].map((json) => `${JSON.stringify(f)}:${json}`)))),
	)
	.map(([n, fields]) => `{"name":${[n, ...fields].join(",")}}`);

describe("the plain check of an event", () => {
	it("gives zod's verdict", () => {
		let accepted = 0;
		let runs = 0;
		fc.assert(
			fc.property(event, (json) => {
				const zod = WireEvent.safeParse(JSON.parse(json));
				const plain = explain(JSON.parse(json));
				runs++;
				if (zod.success) accepted++;
				expect({ ok: plain === null, why: plain }).toEqual({ ok: zod.success, why: zod.success ? null : plain });
			}),
			{ numRuns: 5_000 },
		);
		// A test of one verdict only would prove nothing.
		expect(accepted / runs).toBeGreaterThan(0.2);
		expect(accepted / runs).toBeLessThan(0.9);
	});

	it("gives zod's verdict on anything", () => {
		fc.assert(
			fc.property(fc.anything(), (anything) => {
				const value = viaJson(anything);
				expect(isWireEvent(value)).toBe(WireEvent.safeParse(value).success);
			}),
			{ numRuns: 1_000 },
		);
	});

	it("keeps no prop that it has not checked", () => {
		const e = JSON.parse('{"name":"a","props":{"__proto__":{"nested":[1]},"plan":"pro"}}');
		expect(isWireEvent(e)).toBe(true);
		expect(JSON.stringify(e.props)).toBe('{"plan":"pro"}');
	});

	it("says what to do", () => {
		expect(explain({ name: "a", props: { cart: { items: 3 } } })).toMatch(/"cart".*flatten/);
		expect(explain({ name: "a", context: { country: "Germany" } })).toMatch(/such as DE/);
		expect(explain({ name: "" })).toMatch(/1-64 characters/);
		expect(explain([])).toMatch(/JSON object/);
	});
});

describe("the rules of a key", () => {
	it("lets public keys say neither when nor about whom", () => {
		expect(refusal({ name: "a", ts: 1 }, true)).toMatchObject({
			code: "not_allowed",
			message: expect.stringMatching(/age/),
		});
		expect(refusal({ name: "a", context: {} }, true)).toMatchObject({ code: "not_allowed" });
		expect(refusal({ name: "a", ts: 1, context: {} }, false)).toBeNull();
		expect(refusal({ name: "a", age: 1 }, true)).toBeNull();
	});

	it("takes times with an offset only", () => {
		expect(parseIso("2026-11-22T10:00:00Z")).toBe(Date.UTC(2026, 10, 22, 10));
		expect(parseIso("2026-11-22T10:00:00.250+05:45")).toBe(Date.UTC(2026, 10, 22, 4, 15, 0, 250));
		for (const bad of [
			"",
			"1",
			"yesterday",
			"2026-11-22",
			"2026-11-22T10:00:00",
			"2026-13-01T00:00:00Z",
			"Jan 1 2026",
		]) {
			expect(parseIso(bad)).toBeNull();
			expect(refusal({ name: "a", ts: bad }, false)).toMatchObject({ code: "invalid" });
		}
	});
});

describe("the plain check of a batch", () => {
	const batch = fc.record(
		{
			v: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(1) }, { weight: 1, arbitrary: junk }),
			batch_id: text,
			slot: fc.oneof(nearLimit(4095), nearLimit(0), junk),
			events: fc.oneof(fc.array(fc.constant({ name: "a" }), { maxLength: 3 }), junk),
		},
		{ requiredKeys: [] },
	);
	it("gives zod's verdict, up to the number of events", () => {
		fc.assert(
			fc.property(batch.map(viaJson), (b) => {
				expect(isBatch(b)).toBe(WireBatch.safeParse(b).success);
			}),
			{ numRuns: 2_000 },
		);
		expect(explainBatch({ v: 2, events: [{}] })).toMatch(/"v": 1/);
	});
});
