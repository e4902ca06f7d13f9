/** A visitor as it is listed: what is known of it at the end of a range, and what its events in the range say. */
import type { Zone } from "../zone.ts";
import type { Needs } from "./fields.ts";
import { hex, propsAt, textAt } from "./record.ts";
import type { VisitorRows } from "./rows.ts";

/** As plain data; times are epoch ms. */
export interface Profile {
	visitor: string;
	user_id: string;
	first_seen: number;
	last_seen: number;
	events: number;
	sessions: number;
	country: string;
	city: string;
	device: string;
	browser: string;
	os: string;
	channel: string;
	referrer: string;
	last_path: string;
	value: number;
	traits: Record<string, unknown>;
}

export const PROFILE_NEEDS: Needs = {
	numbers: ["value", "received_at"],
	texts: [
		"name",
		"user_id",
		"country",
		"city",
		"device",
		"browser",
		"os",
		"channel",
		"referrer",
		"path",
		"currency",
		"props",
	],
};

/** What profiles are made from, of all visitors at once. */
export interface ProfileSource {
	rows: VisitorRows;
	/** 1 for each row that counts: of the range, and chosen. */
	counts: Uint8Array;
	/** By row: its session, -1 for none. */
	sessions: Int32Array;
	/** By visitor: the row of its newest `identify` event, -1 for none. */
	identified: Int32Array;
	/** The end of the range. */
	to: number;
	/** The site's: values of others are not summed. */
	currency: string | null;
}

/** Of a visitor that has a row that counts. */
export function profileOf(source: ProfileSource, visitor: number): Profile {
	const { rows, counts, identified, to } = source;
	const [begin, end] = [rows.starts[visitor] as number, rows.starts[visitor + 1] as number];
	const ts = rows.number("ts");
	const counted: number[] = [];
	for (let row = begin; row < end; row++) if (counts[row] === 1) counted.push(row);
	const [first = begin, last = begin] = [counted[0], counted.at(-1)];
	const newest = (field: string) => newestText(rows, field, counted);
	const origin = counted.find((row) => textAt(rows, "channel", row) !== "") ?? first;
	const identify = identified[visitor] as number;
	return {
		visitor: hex(rows.number("visitor_hi")[begin] as number, rows.number("visitor_lo")[begin] as number),
		user_id: newestText(rows, "user_id", rowsBefore(ts, begin, end, to)),
		first_seen: ts[first] as number,
		last_seen: ts[last] as number,
		events: counted.length,
		sessions: sessionsIn(source, counted),
		country: newest("country"),
		city: newest("city"),
		device: newest("device"),
		browser: newest("browser"),
		os: newest("os"),
		channel: textAt(rows, "channel", origin),
		referrer: textAt(rows, "referrer", origin),
		last_path: newest("path"),
		value: amountOf(source, counted),
		traits: identify < 0 ? {} : propsAt(rows, identify),
	};
}

function rowsBefore(ts: ArrayLike<number>, begin: number, end: number, to: number): number[] {
	const before: number[] = [];
	for (let row = begin; row < end && (ts[row] as number) < to; row++) before.push(row);
	return before;
}

/** The newest one that is not missing. */
function newestText(rows: VisitorRows, field: string, among: readonly number[]): string {
	for (let i = among.length - 1; i >= 0; i--) {
		const text = textAt(rows, field, among[i] as number);
		if (text !== "") return text;
	}
	return "";
}

function sessionsIn({ sessions }: ProfileSource, counted: readonly number[]): number {
	let [count, last] = [0, -1];
	for (const row of counted) {
		const session = sessions[row] as number;
		if (session < 0 || session === last) continue;
		last = session;
		count++;
	}
	return count;
}

/** In the site's currency; a value that names none is in it. */
function amountOf({ rows, currency }: ProfileSource, counted: readonly number[]): number {
	const value = rows.number("value");
	let sum = 0;
	for (const row of counted) {
		const named = textAt(rows, "currency", row);
		const amount = value[row] as number;
		if (!Number.isNaN(amount) && (named === "" || named === currency)) sum += amount;
	}
	return sum;
}

export interface ProfileAnswer extends Omit<Profile, "user_id" | "first_seen" | "last_seen"> {
	user_id: string | null;
	first_seen: string;
	last_seen: string;
}

export function finishProfile(profile: Profile, zone: Zone): ProfileAnswer {
	return {
		...profile,
		user_id: profile.user_id === "" ? null : profile.user_id,
		first_seen: zone.iso(profile.first_seen),
		last_seen: zone.iso(profile.last_seen),
	};
}
