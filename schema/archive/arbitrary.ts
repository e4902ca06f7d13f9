/** Arbitrary events for property tests. Apart from testing.ts, because fast-check's strings take 60 MB from the start. */
import fc from "fast-check";
import type { EventRow } from "../event.ts";
import { DAY, eventRow, TEXTS } from "./testing.ts";

const text = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.constantFrom(
			undefined,
			"",
			"a",
			"b",
			"/shop",
			"Zürich",
			"東京",
			"🦊🦊",
			"\ud800",
			"\ufeffx",
			"\u0000",
		),
	},
	fc.string({ unit: "binary", maxLength: 12 }),
	fc.string({ minLength: 300, maxLength: 400 }),
);
const propValue = fc.oneof(
	fc.constantFrom("", "pro", "free", "1", 1, 0, -2.5, 1e21, true, false, null, "\ud800"),
	fc.string({ unit: "binary", maxLength: 8 }),
	fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
);
const numberProps = fc.array(fc.tuple(fc.constantFrom("price", "step"), fc.integer()), { maxLength: 2 });
const anyProps = fc.array(fc.tuple(fc.constantFrom("plan", "price", "a.b", "__proto__", 'q"', ""), propValue), {
	maxLength: 5,
});
/** JSON with each key once. Written by hand, because an object literal can't have `__proto__`. */
const jsonOf = (entries: readonly (readonly [string, unknown])[]) =>
	`{${[...new Map(entries)].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
const OTHER_TEXTS = TEXTS.filter((name) => name !== "props");
const props = fc.oneof(
	fc.constantFrom(undefined, "", "no json", "[1]", "null"),
	anyProps.map(jsonOf),
	numberProps.map(jsonOf),
);
const word = fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat(0xffffffff));

/** Any event that a journal can hold, with many alike. */
export const anyEvent: fc.Arbitrary<EventRow> = fc
	.tuple(
		fc.record({
			ts: fc.oneof(
				fc.nat(5).map((n) => DAY + n),
				fc.nat(4e12),
			),
			received_at: fc.nat(4e12),
			value: fc.oneof(fc.constantFrom(Number.NaN, 0, -0, Number.POSITIVE_INFINITY), fc.double()),
			id_hi: word,
			id_lo: word,
			visitor_hi: word,
			visitor_lo: word,
			slot: fc.oneof(fc.constantFrom(0, 7, 4095), fc.nat(4095)),
			flags: fc.nat(127),
			props,
		}),
		fc.array(text, { minLength: OTHER_TEXTS.length, maxLength: OTHER_TEXTS.length }),
	)
	.map(([given, texts]) =>
		eventRow({ id: "", ...Object.fromEntries(OTHER_TEXTS.map((name, i) => [name, texts[i]])), ...given }),
	);
