/** An event as people read it: one object, what is missing left out. */
import { EVENT_TEXTS } from "../../schema/archive/columns.ts";
import type { Batch, NumberColumn } from "../../schema/core/scan/rows.ts";
import { FLAG } from "../../schema/event.ts";
import type { EventRecord } from "../../schema/questions.ts";

/** What `toRecord` reads, beside what is always there. */
export const RECORD_NUMBERS: readonly NumberColumn[] = ["received_at", "value", "id_hi", "id_lo"];
export const RECORD_TEXTS: readonly string[] = [...EVENT_TEXTS];

const OWN = new Set(["id", "name", "props"]);
const FIELDS = RECORD_TEXTS.filter((text) => !OWN.has(text));
const FLAGS = Object.entries(FLAG);

/** A 64-bit hash as 16 hex digits. */
export const hex64 = (hi: number, lo: number) => word(hi) + word(lo);
const word = (half: number) => half.toString(16).padStart(8, "0");
export const halvesOf = (hex: string): [hi: number, lo: number] => [
	Number.parseInt(hex.slice(0, 8), 16),
	Number.parseInt(hex.slice(8), 16),
];
const iso = (ms: number) => new Date(ms).toISOString();

export function toRecord(batch: Batch, row: number): EventRecord {
	const number = (name: NumberColumn) => batch.numbers[name]?.[row] ?? 0;
	const value = number("value");
	const flags = number("flags");
	const props = textAt(batch, "props", row);
	return {
		id: textAt(batch, "id", row),
		t: iso(number("ts")),
		received_at: iso(number("received_at")),
		name: textAt(batch, "name", row),
		visitor: hex64(number("visitor_hi"), number("visitor_lo")),
		flags: FLAGS.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name),
		value: Number.isNaN(value) ? null : value,
		fields: Object.fromEntries(
			FIELDS.map((field) => [field, textAt(batch, field, row)] as const).filter(([, text]) => text !== ""),
		),
		props: props === "" ? {} : (JSON.parse(props) as Record<string, unknown>),
	};
}

function textAt({ texts }: Batch, name: string, row: number): string {
	const column = texts[name];
	return column?.values[column.index[row] as number] ?? "";
}
