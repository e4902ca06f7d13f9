/** A table of the log's tail as a batch, so that a scan reads it like a row group. */
import type { Batch, NumberColumn, Numbers, TextColumn } from "../core/scan/rows.ts";
import type { EventTable } from "../event.ts";
import { EVENT_TEXTS, type EventText, propOf } from "./columns.ts";
import { propOfJson } from "./props.ts";

/** Columns are views of the table, all with its one dictionary; only `props.x` is made, once for every distinct JSON. */
export function tableBatch(table: EventTable, numbers: readonly NumberColumn[], texts: readonly string[]): Batch {
	const read: Partial<Record<NumberColumn, Numbers>> = {};
	for (const name of numbers) read[name] = table.columns[name];
	return {
		rows: table.rows,
		numbers: read,
		texts: Object.fromEntries(texts.map((text) => [text, textOf(table, text)])),
	};
}

function textOf(table: EventTable, text: string): TextColumn {
	const prop = propOf(text);
	if (prop !== null) return propOfJson(columnOf(table, "props"), prop);
	if (!isEventText(text)) throw new RangeError(`an event has no column ${text}`);
	return columnOf(table, text);
}

const isEventText = (text: string): text is EventText => EVENT_TEXTS.has(text);
const columnOf = (table: EventTable, text: EventText): TextColumn => ({
	values: table.strings,
	index: table.columns[text],
});
