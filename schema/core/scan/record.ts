/** Single events, whole, for the few that are shown. */
import { FLAG } from "../flag.ts";
import type { Zone } from "../zone.ts";
import type { Needs } from "./fields.ts";
import type { VisitorRows } from "./rows.ts";

/** Text columns of an event that are shown where they are not empty. */
const FIELDS = [
	"user_id",
	"session_id",
	"host",
	"path",
	"search",
	"title",
	"referrer",
	"referrer_url",
	"channel",
	"utm_source",
	"utm_medium",
	"utm_campaign",
	"utm_term",
	"utm_content",
	"country",
	"region",
	"city",
	"browser",
	"browser_version",
	"os",
	"device",
	"screen",
	"lang",
	"currency",
] as const;

/** An event as plain data; times are epoch ms. */
export interface ScanEvent {
	/** Hash of its id, 16 hex digits: what tells equal times apart. */
	hash: string;
	/** As it was sent, else the hash. */
	id: string;
	t: number;
	received_at: number;
	name: string;
	visitor: string;
	/** Bits of FLAG. */
	flags: number;
	value: number | null;
	fields: Record<string, string>;
	props: Record<string, unknown>;
}

export const RECORD_NEEDS: Needs = {
	numbers: ["received_at", "value", "id_hi", "id_lo"],
	texts: ["id", "name", ...FIELDS, "props"],
};

export function eventAt(rows: VisitorRows, row: number): ScanEvent {
	const text = (field: string) => textAt(rows, field, row);
	const number = (name: Parameters<VisitorRows["number"]>[0]) => rows.number(name)[row] as number;
	const value = number("value");
	const hash = hex(number("id_hi"), number("id_lo"));
	return {
		hash,
		id: text("id") || hash,
		t: number("ts"),
		received_at: number("received_at"),
		name: text("name"),
		visitor: hex(number("visitor_hi"), number("visitor_lo")),
		flags: number("flags"),
		value: Number.isNaN(value) ? null : value,
		fields: Object.fromEntries(FIELDS.map((field) => [field, text(field)]).filter(([, shown]) => shown !== "")),
		props: propsAt(rows, row),
	};
}

export function textAt(rows: VisitorRows, field: string, row: number): string {
	const { values, index } = rows.text(field);
	return values[index[row] as number] as string;
}

/** A visitor's, or an event's, 64-bit hash as 16 hex digits. */
export const hex = (hi: number, lo: number): string => eightDigits(hi) + eightDigits(lo);
const eightDigits = (word: number) => word.toString(16).padStart(8, "0");

/** All props of an event. */
export function propsAt(rows: VisitorRows, row: number): Record<string, unknown> {
	return { ...parsed(textAt(rows, "props", row)) };
}

function parsed(json: string): object {
	if (json === "") return {};
	try {
		const value: unknown = JSON.parse(json);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
	} catch {
		// Ours is JSON; what another wrote into the archive is shown as it is.
		return { props: json };
	}
}

export interface EventRecordAnswer {
	id: string;
	t: string;
	received_at: string;
	name: string;
	visitor: string;
	flags: string[];
	value: number | null;
	fields: Record<string, string>;
	props: Record<string, unknown>;
}

export function finishEvent({ hash: _, ...event }: ScanEvent, zone: Zone): EventRecordAnswer {
	const flags = Object.entries(FLAG).flatMap(([name, bit]) => ((event.flags & bit) !== 0 ? [name] : []));
	return { ...event, t: zone.iso(event.t), received_at: zone.iso(event.received_at), flags };
}
