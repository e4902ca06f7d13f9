/** What a segment's Parquet columns are, and how the columns of an event map to them. */
import type { SchemaElement } from "hyparquet";
import type { NumberColumn } from "../core/scan/rows.ts";
import type { EVENT_COLUMNS } from "../event.ts";

/** Written to the file as `nowcast.version`: what an older file lacks, or holds in another way, is told by it. */
export const ARCHIVE_VERSION = 1;
export const VERSION_KEY = "nowcast.version";

/**
 * Rows of a row group at most: what is decoded at once, and what a scan of a slot range can skip. Fewer make a footer
 * that one request no longer brings (a segment has up to 250,000 rows); with more, a range reads much that is not in it.
 */
export const GROUP_ROWS = 16_384;

/**
 * `hash`: two u32 as one INT64 (hi · 2^32 + lo, in two's complement). `time`: epoch ms. Texts are dictionary-encoded,
 * "" as null; `double` has NaN as null.
 */
export type ColumnKind = "int32" | "int64" | "hash" | "time" | "double" | "text";

/**
 * Every Parquet column but those of declared props (`props.<name>`), one a line, in the order of the file: what every
 * scan reads lies together at the front, so that one range request brings it, and what only listings read at the back.
 * `event_id` is the id as it was sent and `id` its hash. An event's `yesterday_*` are not kept: the log has chosen the
 * visitor by then, and they would only tie a cookieless visitor's days together.
 */
export const ARCHIVE_COLUMNS = {
	slot: "int32",
	visitor: "hash",
	ts: "time",
	flags: "int32",
	name: "text",
	value: "double",
	currency: "text",
	country: "text",
	device: "text",
	browser: "text",
	os: "text",
	host: "text",
	path: "text",
	referrer: "text",
	channel: "text",
	utm_source: "text",
	utm_medium: "text",
	utm_campaign: "text",
	utm_term: "text",
	utm_content: "text",
	region: "text",
	city: "text",
	lang: "text",
	screen: "text",
	browser_version: "text",
	user_id: "text",
	title: "text",
	search: "text",
	referrer_url: "text",
	props: "text",
	session_id: "text",
	id: "hash",
	event_id: "text",
	received_at: "time",
	journal_offset: "int64",
} as const satisfies Record<string, ColumnKind>;

/** An event's own text columns. */
export type EventText = {
	[K in keyof typeof EVENT_COLUMNS]: (typeof EVENT_COLUMNS)[K] extends "str" ? K : never;
}[keyof typeof EVENT_COLUMNS];

/** Numbers of a row: those that scans may ask for, and the journal offset that only merges need. */
export type RowNumber = NumberColumn | "offset";

/** Where each number lies: its Parquet column, and which part of it. */
export const NUMBER_SOURCE = {
	ts: "ts",
	received_at: "received_at",
	value: "value",
	visitor_hi: "visitor",
	visitor_lo: "visitor",
	id_hi: "id",
	id_lo: "id",
	slot: "slot",
	flags: "flags",
	offset: "journal_offset",
} as const satisfies Record<RowNumber, keyof typeof ARCHIVE_COLUMNS>;

/** A declared prop's column: numbers where all values in the segment are, else text. */
export interface PropColumn {
	readonly name: string;
	readonly kind: "double" | "text";
}

const PROP = "props.";
export const propColumn = (prop: string) => `${PROP}${prop}`;
/** The prop that a column or field names, or null where it names none. */
export const propOf = (field: string) => (field.startsWith(PROP) ? field.slice(PROP.length) : null);

/** The columns that hold an event's texts, by the name that scans know them by. */
export const EVENT_TEXTS: ReadonlySet<string> = new Set(
	Object.entries(ARCHIVE_COLUMNS).flatMap(([name, kind]) => (kind === "text" ? [eventText(name)] : [])),
);

/** The Parquet column of an event's text. */
export const textColumn = (text: string) => (text === "id" ? "event_id" : text);
export function eventText(column: string): string {
	return column === "event_id" ? "id" : column;
}

/** The columns of a file with these declared props, in its order. */
export function fileColumns(props: readonly PropColumn[]): { name: string; kind: ColumnKind }[] {
	return Object.entries(ARCHIVE_COLUMNS).flatMap(([name, kind]) =>
		name === "props"
			? [{ name, kind }, ...props.map((prop) => ({ name: propColumn(prop.name), kind: prop.kind }))]
			: [{ name, kind }],
	);
}

/** The Parquet type of each kind. `TIMESTAMP_MILLIS` alone, without the newer logical type, reads as plain UTC times. */
export const ELEMENTS: Record<ColumnKind, Omit<SchemaElement, "name">> = {
	int32: { type: "INT32", repetition_type: "REQUIRED" },
	int64: { type: "INT64", repetition_type: "REQUIRED" },
	hash: { type: "INT64", repetition_type: "REQUIRED" },
	time: { type: "INT64", converted_type: "TIMESTAMP_MILLIS", repetition_type: "REQUIRED" },
	double: { type: "DOUBLE", repetition_type: "OPTIONAL" },
	text: { type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
};
