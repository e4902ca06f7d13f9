/** Time ranges as Grafana writes them (`now-24h`, `now/d`, `now-1d/d`), ISO 8601 or epoch ms; half open [from, to). */
import { DAY, HOUR, MINUTE, STEP_MS, type Step, type Unit, type WeekStart, type Zone } from "./zone.ts";

export interface RangeContext {
	now: number;
	zone: Zone;
	weekStart: WeekStart;
}

export interface TimeRange {
	from: number;
	to: number;
	/** `from` was rounded to this unit (`now/d`): the previous period is the prior unit, not the prior length. */
	calendar: Unit | null;
}

const UNITS: Record<string, Unit> = { h: "hour", d: "day", w: "week", M: "month", y: "year" };
const RELATIVE = /^now((?:[+-]\d{1,6}[smhdwMy]|\/[hdwMy])*)$/;
const OPERATION = /([+-])(\d+)([smhdwMy])|\/([hdwMy])/g;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)?(Z|[+-]\d\d:?\d\d)?$/;
const EPOCH = /^\d{9,15}$/;

/** An instant, epoch ms. As `to`, rounding goes to the end of the unit. @throws RangeError for what is none of the forms. */
export function parseInstant(text: string | number, side: "from" | "to", context: RangeContext): number {
	if (typeof text === "number" || EPOCH.test(text)) return checked(Number(text), text);
	const relative = RELATIVE.exec(text);
	if (relative !== null) return checked(relativeInstant(relative[1] ?? "", side, context), text);
	const iso = ISO.exec(text);
	if (iso !== null) return checked(isoInstant(iso, context.zone), text);
	throw new RangeError(`${JSON.stringify(text)} is not a time: write now-24h, now/d, 2026-11-22T10:00:00Z or epoch ms`);
}

/** The range, not checked for order. @throws RangeError */
export function parseRange(from: string | number, to: string | number, context: RangeContext): TimeRange {
	const rounded = typeof from === "string" ? /^now.*\/([hdwMy])$/.exec(from)?.[1] : undefined;
	return {
		from: parseInstant(from, "from", context),
		to: parseInstant(to, "to", context),
		calendar: (rounded !== undefined && UNITS[rounded]) || null,
	};
}

/**
 * The period to compare with: the same length just before, or for calendar ranges as many units earlier as the range
 * spans, cut at the same local time of day, so that this morning is compared with yesterday's morning.
 */
export function previousRange({ from, to, calendar }: TimeRange, { zone, weekStart }: RangeContext): TimeRange {
	if (calendar === null) return { from: from - (to - from), to: from, calendar };
	let units = 0;
	for (let at = zone.startOf(calendar, from, weekStart); at < to; at = zone.next(calendar, at)) units++;
	const earlier = zone.add(from, calendar, -units);
	// A shorter month ends before the same day of it comes: never reach into the range itself.
	return { from: earlier, to: Math.min(from, zone.add(to, calendar, -units)), calendar };
}

const STEPS: Step[] = ["1m", "5m", "15m", "1h", "1d", "1w", "1M"];

/** `auto`: the finest step of at least (to - from) / points, and no finer than `finest`. */
export function autoStep(from: number, to: number, points: number, finest: Step): Step {
	const wanted = Math.max((to - from) / points, STEP_MS[finest]);
	return STEPS.find((step) => STEP_MS[step] >= wanted) ?? "1M";
}

function relativeInstant(operations: string, side: "from" | "to", { now, zone, weekStart }: RangeContext): number {
	let at = now;
	for (const [, sign, count, unit, rounding] of operations.matchAll(OPERATION)) {
		if (rounding === undefined) {
			at = move(at, Number(`${sign}${count}`), unit ?? "", zone);
			continue;
		}
		const start = zone.startOf(UNITS[rounding] ?? "day", at, weekStart);
		at = side === "from" ? start : zone.next(UNITS[rounding] ?? "day", start);
	}
	return at;
}

/** Seconds to hours are lengths of time; days and more are calendar units, at the same local time of day. */
function move(at: number, n: number, unit: string, zone: Zone): number {
	if (unit === "s") return at + n * 1000;
	if (unit === "m") return at + n * MINUTE;
	if (unit === "h") return at + n * HOUR;
	return zone.add(at, UNITS[unit] ?? "day", n);
}

/** Without an offset it is local time in the zone. */
function isoInstant(match: RegExpExecArray, zone: Zone): number {
	const [, year, month, day, hour = "0", minute = "0", second = "0", milli = "0", offset] = match;
	const ms = Number(milli.padEnd(3, "0"));
	const local = Date.UTC(
		Number(year),
		Number(month) - 1,
		Number(day),
		Number(hour),
		Number(minute),
		Number(second),
		ms,
	);
	const date = new Date(local);
	if (date.getUTCDate() !== Number(day) || date.getUTCMonth() + 1 !== Number(month)) return Number.NaN;
	if (offset === undefined) return zone.instant(local);
	if (offset === "Z") return local;
	const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
	return local - (offset.startsWith("-") ? -1 : 1) * minutes * MINUTE;
}

/** Years 1970 to 2200: beyond, zones and buckets mean nothing. */
const LATEST = 84_000 * DAY;

function checked(t: number, text: string | number): number {
	if (Number.isFinite(t) && t >= 0 && t < LATEST) return Math.floor(t);
	throw new RangeError(`${JSON.stringify(text)} is not a time between 1970 and 2200`);
}
