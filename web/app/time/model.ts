/**
 * Time ranges as the picker names, moves and writes them. Pure; the arithmetic is that of schema/core, which the server
 * answers by. Instants are epoch ms; a range is half open.
 */
import { parseInstant, parseRange, type RangeContext, type TimeRange } from "../../../schema/core/range.ts";
import { DAY, MINUTE, type Unit, type WeekStart, type Zone } from "../../../schema/core/zone.ts";

/** What a dashboard holds and an address carries: `now-7d`, or an instant with its offset. */
export interface Time {
	from: string;
	to: string;
}

export interface Quick extends Time {
	name: string;
}

const last = (from: string, name: string): Quick => ({ from, to: "now", name });

/** What is asked for most, shortest first; and the units of the calendar. */
export const QUICK: readonly Quick[] = [
	last("now-15m", "Last 15 minutes"),
	last("now-60m", "Last 60 minutes"),
	last("now-6h", "Last 6 hours"),
	last("now-24h", "Last 24 hours"),
	last("now-7d", "Last 7 days"),
	last("now-30d", "Last 30 days"),
	last("now-90d", "Last 90 days"),
];
export const CALENDAR: readonly Quick[] = [
	last("now/d", "Today"),
	{ from: "now-1d/d", to: "now-1d/d", name: "Yesterday" },
	last("now/w", "This week"),
	{ from: "now-1w/w", to: "now-1w/w", name: "Previous week" },
	last("now/M", "This month"),
	{ from: "now-1M/M", to: "now-1M/M", name: "Previous month" },
];

const UNIT_NAMES: Record<string, string> = {
	s: "second",
	m: "minute",
	h: "hour",
	d: "day",
	w: "week",
	M: "month",
	y: "year",
};
/** How far back `now-…` goes: a number and a unit. */
const BACK = /^now-(\d{1,6})([smhdwMy])$/;
/** `now/d` to `now/d` is all of today, the same as far as there is data: named alike. */
const toEnd = ({ from, to }: Time): string => (to === from && /^now\/[dwMy]$/.test(to) ? "now" : to);

export const sameTime = (a: Time, b: Time): boolean => a.from === b.from && toEnd(a) === toEnd(b);

/** "Last 7 days", "Yesterday"; null for what has no name but its ends. */
export function relativeName(time: Time): string | null {
	const known = [...QUICK, ...CALENDAR].find((quick) => sameTime(quick, time));
	if (known) return known.name;
	const [, count = "", letter = ""] = time.to === "now" ? (BACK.exec(time.from) ?? []) : [];
	const unit = UNIT_NAMES[letter];
	if (unit === undefined) return null;
	return Number(count) === 1 ? `Last ${unit}` : `Last ${Number(count)} ${unit}s`;
}

/** The range, in order. @throws RangeError with words for the person */
export function rangeOf(time: Time, context: RangeContext): TimeRange {
	const range = parseRange(time.from, time.to, context);
	if (range.from >= range.to) throw new RangeError("The range ends before it begins.");
	return range;
}

/** The name of a range, or its ends as the zone's clocks show them. */
export function timeName(time: Time, context: RangeContext): string {
	const name = relativeName(time);
	if (name !== null) return name;
	try {
		return betweenName(rangeOf(time, context), context.zone);
	} catch {
		return `${time.from} to ${time.to}`;
	}
}

/** `1 – 3 Nov 2026` for whole days, else with the time of day: `21 Nov 2026, 10:00 – 14:30`. */
function betweenName({ from, to }: TimeRange, zone: Zone): string {
	const whole = zone.startOf("day", from) === from && zone.startOf("day", to) === to;
	const format = new Intl.DateTimeFormat("en-GB", {
		timeZone: zone.name,
		day: "numeric",
		month: "short",
		year: "numeric",
		...(!whole && { hour: "2-digit", minute: "2-digit" }),
	});
	return format.formatRange(from, whole ? to - 1 : to);
}

/** An instant as an address carries it: the same for everybody, whatever zone they read it in. */
export const instantText = (t: number, zone: Zone): string => zone.iso(t);

/** As exact as anybody reads a chart: to the minute, and the second within a quarter of an hour. */
function absolute(from: number, to: number, { zone }: RangeContext): Time {
	const exact = to - from >= 15 * MINUTE ? MINUTE : 1000;
	const rounded = (t: number) => instantText(Math.floor(t / exact) * exact, zone);
	return { from: rounded(from), to: rounded(to) };
}

/** One end as its field shows it: `now-7d` as it is, an instant as the zone's clocks show it, seconds where there are any. */
export function toText(end: string, side: "from" | "to", context: RangeContext): string {
	if (end.startsWith("now")) return end;
	try {
		const at = parseInstant(end, side, context);
		const local = new Date(at + context.zone.offset(at)).toISOString();
		return `${local.slice(0, 10)} ${local.slice(11, local.endsWith(":00.000Z") ? 16 : 19)}`;
	} catch {
		return end;
	}
}

const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * One end as it was typed, as an address carries it. The date of a `to` means all of that day.
 * @throws RangeError with words for the person
 */
export function fromText(typed: string, side: "from" | "to", context: RangeContext): string {
	const text = typed.trim();
	try {
		const at = parseInstant(text, side, context);
		if (text.startsWith("now")) return text;
		return instantText(side === "to" && DATE.test(text) ? context.zone.next("day", at) : at, context.zone);
	} catch {
		throw new RangeError(text === "" ? "Enter a time." : "Not a time. Write now-7d, 2026-11-01 10:00 or 2026-11-01.");
	}
}

/** Twice as long, around the middle; never past now, unless the range was. */
export function zoomOut(time: Time, context: RangeContext): Time {
	const back = time.to === "now" ? BACK.exec(time.from) : null;
	// What ends now goes on to end now, and to move.
	if (back) return { from: `now-${Number(back[1]) * 2}${back[2]}`, to: "now" };
	const { from, to } = rangeOf(time, context);
	const length = to - from;
	const end = Math.min(to + Math.floor(length / 2), Math.max(to, context.now));
	return absolute(Math.max(0, end - 2 * length), end, context);
}

const CALENDAR_UNITS: readonly Unit[] = ["year", "month", "week", "day"];

/** Is this exactly so many units of the calendar? Then it moves by them: a month by a month, however long. */
function calendarOf({ from, to }: TimeRange, { zone, weekStart }: RangeContext): { unit: Unit; count: number } | null {
	for (const unit of CALENDAR_UNITS) {
		if (zone.startOf(unit, from, weekStart) !== from || zone.startOf(unit, to, weekStart) !== to) continue;
		let count = 0;
		for (let at = from; at < to; at = zone.next(unit, at)) count++;
		return { unit, count };
	}
	return null;
}

/** As long again, before (-1) or after (1). After, never past now: there is nothing. */
export function shift(time: Time, by: -1 | 1, context: RangeContext): Time {
	// Today so far is a day that has begun.
	const range = rangeOf(
		toEnd({ from: time.from, to: time.from }) === "now" ? { ...time, to: time.from } : time,
		context,
	);
	const { from, to } = range;
	const calendar = calendarOf(range, context);
	if (calendar) {
		const move = (t: number) => context.zone.add(t, calendar.unit, by * calendar.count);
		return absolute(Math.max(0, move(from)), move(to), context);
	}
	const length = to - from;
	const end = by === 1 ? Math.min(to + length, Math.max(to, context.now)) : to - length;
	return absolute(Math.max(0, end - length), end, context);
}

/** Is there anything after this range? */
export function canGoOn(time: Time, context: RangeContext): boolean {
	try {
		return rangeOf(time, context).to < context.now;
	} catch {
		return false;
	}
}

/** A day of the calendar, which is in no zone: `2026-11-22`. */
export type Day = string;
export interface Month {
	year: number;
	/** 0 is January. */
	month: number;
}

const utc = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
const dayAt = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

/** The day that an instant is in, by the zone's calendar. */
export const dayOf = (t: number, zone: Zone): Day => dayAt(t + zone.offset(t));
export const monthOf = (day: Day): Month => ({ year: Number(day.slice(0, 4)), month: Number(day.slice(5, 7)) - 1 });
export const addDays = (day: Day, n: number): Day => dayAt(utc(day) + n * DAY);

/** The same day of another month; the last of a shorter one. */
export function addMonths(day: Day, n: number): Day {
	const { year, month } = monthOf(day);
	const length = new Date(Date.UTC(year, month + n + 1, 0)).getUTCDate();
	return dayAt(Date.UTC(year, month + n, Math.min(Number(day.slice(8)), length)));
}

const WEEKDAY: Record<WeekStart, number> = { sunday: 0, monday: 1 };

/** First (or last) day of the week that a day is in. */
export function weekEdge(day: Day, edge: "first" | "last", weekStart: WeekStart): Day {
	const passed = (new Date(utc(day)).getUTCDay() - WEEKDAY[weekStart] + 7) % 7;
	return addDays(day, edge === "first" ? -passed : 6 - passed);
}

/** Six weeks that hold the month, so that no month moves what is under the calendar. */
export function monthGrid({ year, month }: Month, weekStart: WeekStart): Day[][] {
	const first = weekEdge(dayAt(Date.UTC(year, month, 1)), "first", weekStart);
	return Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, i) => addDays(first, week * 7 + i)));
}

/** Two days and all between them, in whatever order they were chosen: from the start of the first to the end of the last. */
export function daysTime(one: Day, other: Day, context: RangeContext): Time {
	const [first, last] = one < other ? [one, other] : [other, one];
	const { zone } = context;
	return absolute(zone.instant(utc(first)), zone.instant(utc(addDays(last, 1))), context);
}

/** The days that a range touches, for the calendar; null where it cannot be read. */
export function daysOf(time: Time, context: RangeContext): { first: Day; last: Day } | null {
	try {
		const { from, to } = rangeOf(time, context);
		return { first: dayOf(from, context.zone), last: dayOf(to - 1, context.zone) };
	} catch {
		return null;
	}
}

/** `+05:45`, what clocks there are ahead of UTC now. */
export function offsetName(zone: Zone, now: number): string {
	const minutes = Math.round(zone.offset(now) / 60_000);
	const size = Math.abs(minutes);
	const two = (n: number) => String(n).padStart(2, "0");
	return `${minutes < 0 ? "−" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
