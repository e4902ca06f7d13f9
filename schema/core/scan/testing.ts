/** Events as objects, for tests of what reads them in columns. */
import { gather } from "./gather.ts";
import type { Batch, NumberColumn, TextColumn, VisitorRows } from "./rows.ts";

export interface TestEvent {
	visitor: number;
	ts: number;
	name?: string;
	received_at?: number;
	value?: number;
	flags?: number;
	/** Text columns: `country`, `path`, `props.plan` … */
	texts?: Readonly<Record<string, string>>;
}

const NUMBERS: readonly NumberColumn[] = ["ts", "received_at", "value", "visitor_hi", "visitor_lo", "slot", "flags"];

/** A batch of events in the order given; visitor n has the hash (n, 7 n). */
export function batchOf(events: readonly TestEvent[], fields: readonly string[]): Batch {
	const of = (pick: (event: TestEvent) => number) => Float64Array.from(events, pick);
	return {
		rows: events.length,
		numbers: {
			ts: of((event) => event.ts),
			received_at: of((event) => event.received_at ?? event.ts),
			value: of((event) => event.value ?? Number.NaN),
			visitor_hi: Uint32Array.from(events, (event) => event.visitor),
			visitor_lo: Uint32Array.from(events, (event) => 7 * event.visitor),
			slot: Uint16Array.from(events, (event) => event.visitor),
			flags: Uint8Array.from(events, (event) => event.flags ?? 0),
		},
		texts: Object.fromEntries(fields.map((field) => [field, textColumn(events.map((event) => textOf(event, field)))])),
	};
}

/** Text fields that some event has, `name` always. */
export function fieldsIn(events: readonly TestEvent[]): string[] {
	return [...new Set(["name", ...events.flatMap((event) => Object.keys(event.texts ?? {}))])];
}

/** Events as a scan sees them. `more`: fields that are asked for though no event may have them. */
export function rowsOf(events: readonly TestEvent[], more: readonly string[] = []): VisitorRows {
	const fields = [...new Set([...fieldsIn(events), ...more])];
	return gather([batchOf(events, fields)], NUMBERS, fields);
}

const textOf = (event: TestEvent, field: string) => (field === "name" ? event.name : event.texts?.[field]) ?? "";

function textColumn(texts: readonly string[]): TextColumn {
	const values = [...new Set(texts)];
	return { values, index: Uint32Array.from(texts, (text) => values.indexOf(text)) };
}
