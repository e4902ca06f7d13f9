/**
 * Arithmetic in IANA zones with nothing but Intl. Offsets are looked up once a UTC day and zone and kept, so that
 * listing 1,440 buckets costs 1,440 map reads and a handful of Intl calls.
 *
 * Hours, days, weeks and months are cut in the zone (in +05:45 an hour starts at :15 UTC); minutes are UTC.
 */
export type Unit = "hour" | "day" | "week" | "month" | "year";
export type WeekStart = "monday" | "sunday";
/** A bucket's width. Anything under an hour is aligned in UTC, which is aligned in every zone too. */
export type Step = "1m" | "5m" | "15m" | "1h" | "1d" | "1w" | "1M";

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** Days of offsets kept a zone (over two years), and zones kept, before a cache starts anew. */
const MAX_DAYS = 1_000;
const MAX_ZONES = 100;

/** What the offset is during one UTC day: the same all day, or another from `at` on. */
interface DayOffset {
	before: number;
	at: number;
	after: number;
}

/** An IANA zone. Instants are epoch ms throughout; a "local" time is the wall clock read as if it were UTC. */
export class Zone {
	readonly name: string;
	readonly #format: Intl.DateTimeFormat;
	readonly #days = new Map<number, DayOffset>();

	/** @throws RangeError where Intl does not know the zone. Prefer `zoneOf`, which keeps it. */
	constructor(name: string) {
		this.name = name;
		this.#format = new Intl.DateTimeFormat("en-US", {
			timeZone: name,
			hourCycle: "h23",
			year: "numeric",
			month: "numeric",
			day: "numeric",
			hour: "numeric",
			minute: "numeric",
			second: "numeric",
		});
	}

	/** Local time minus UTC at an instant, ms. */
	offset(t: number): number {
		const day = this.#day(Math.floor(t / DAY));
		return t < day.at ? day.before : day.after;
	}

	/** First instant of the hour, day, week, month or year that contains `t`. */
	startOf(unit: Unit, t: number, weekStart: WeekStart = "monday"): number {
		if (unit === "hour") return this.#startOfHour(t);
		const start = this.instant(floorLocal(unit, t + this.offset(t), weekStart));
		// Where clocks go back over midnight, `t` may read as the old day although the new one has begun.
		const next = this.next(unit, start);
		return next <= t ? next : start;
	}

	/** Start of the unit after the one that starts at `start`. */
	next(unit: Unit, start: number): number {
		if (unit === "hour") return this.#nextHour(start);
		return this.instant(addLocal(floorLocal("day", start + this.offset(start)), unit, 1));
	}

	/** `t` moved by calendar units, at the same local time of day; the 31st becomes the last of a shorter month. */
	add(t: number, unit: Unit, n: number): number {
		if (unit === "hour") return t + n * HOUR;
		return this.instant(addLocal(t + this.offset(t), unit, n));
	}

	/** The first instant that has this local time; where clocks skip it, the instant they do. */
	instant(local: number): number {
		const before = this.offset(local - DAY);
		const after = this.offset(local + DAY);
		if (this.offset(local - before) === before) return local - before;
		if (this.offset(local - after) === after) return local - after;
		return this.#transition(local - Math.max(before, after), local - Math.min(before, after));
	}

	/** `2026-11-22T10:00:00+01:00`; milliseconds only where there are any. */
	iso(t: number): string {
		const offset = this.offset(t);
		const local = new Date(t + offset).toISOString();
		const minutes = Math.round(Math.abs(offset) / MINUTE);
		const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
		return `${local.slice(0, local.endsWith(".000Z") ? 19 : 23)}${offset < 0 ? "-" : "+"}${clock}`;
	}

	/** Where a zone shifts by half an hour (Lord Howe), the hour is cut at the shift. */
	#startOfHour(t: number): number {
		const offset = this.offset(t);
		const start = t - modulo(t + offset, HOUR);
		const earlier = this.offset(start);
		return (offset - earlier) % HOUR === 0 ? start : this.#transition(start, t);
	}

	#nextHour(start: number): number {
		const offset = this.offset(start);
		const end = start + HOUR - modulo(start + offset, HOUR);
		return (this.offset(end) - offset) % HOUR === 0 ? end : this.#transition(start, end);
	}

	#day(index: number): DayOffset {
		const known = this.#days.get(index);
		if (known !== undefined) return known;
		const start = index * DAY;
		const before = this.#ask(start);
		const after = this.#ask(start + DAY);
		const day = { before, after, at: start };
		if (before !== after) day.at = this.#search(start, start + DAY, before);
		if (this.#days.size >= MAX_DAYS) this.#days.clear();
		this.#days.set(index, day);
		return day;
	}

	/** First instant in (from, to] whose offset is another than `from`'s. */
	#transition(from: number, to: number): number {
		return this.#search(from, to, this.#ask(from));
	}

	#search(from: number, to: number, before: number): number {
		let low = Math.floor(from / 1000);
		let high = Math.ceil(to / 1000);
		while (high - low > 1) {
			const middle = Math.floor((low + high) / 2);
			if (this.#ask(middle * 1000) === before) low = middle;
			else high = middle;
		}
		return high * 1000;
	}

	#ask(t: number): number {
		const second = Math.floor(t / 1000) * 1000;
		const part: Record<string, number> = {};
		for (const { type, value } of this.#format.formatToParts(second)) part[type] = Number(value);
		const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: s = 0 } = part;
		return Date.UTC(year, month - 1, day, hour, minute, s) - second;
	}
}

const zones = new Map<string, Zone>();

/** The zone of that name, kept with its offsets. @throws RangeError where Intl does not know it. */
export function zoneOf(name: string): Zone {
	let zone = zones.get(name);
	if (zone !== undefined) return zone;
	zone = new Zone(name);
	if (zones.size >= MAX_ZONES) zones.clear();
	zones.set(name, zone);
	return zone;
}

export function isZone(name: string): boolean {
	try {
		return zoneOf(name) !== undefined;
	} catch {
		return false;
	}
}

const UNIT: Record<Step, Unit | null> = {
	"1m": null,
	"5m": null,
	"15m": null,
	"1h": "hour",
	"1d": "day",
	"1w": "week",
	"1M": "month",
};
/** How long a step nominally is, ms: for choosing one, and for counting points before listing them. */
export const STEP_MS: Record<Step, number> = {
	"1m": MINUTE,
	"5m": 5 * MINUTE,
	"15m": 15 * MINUTE,
	"1h": HOUR,
	"1d": DAY,
	"1w": 7 * DAY,
	"1M": 30 * DAY,
};

/** Start of the bucket that contains `t`. */
export function bucketStart(zone: Zone, step: Step, t: number, weekStart: WeekStart = "monday"): number {
	const unit = UNIT[step];
	return unit === null ? t - modulo(t, STEP_MS[step]) : zone.startOf(unit, t, weekStart);
}

/** Start of the bucket after the one that starts at `start`. */
export function nextBucket(zone: Zone, step: Step, start: number): number {
	const unit = UNIT[step];
	return unit === null ? start + STEP_MS[step] : zone.next(unit, start);
}

/** Starts of all buckets that touch [from, to), and last the end of the last one. */
export function bucketEdges(
	zone: Zone,
	step: Step,
	from: number,
	to: number,
	weekStart: WeekStart = "monday",
): number[] {
	const edges = [bucketStart(zone, step, from, weekStart)];
	for (let at = edges[0] ?? from; at < to; edges.push(at)) at = nextBucket(zone, step, at);
	return edges;
}

function floorLocal(unit: Unit, local: number, weekStart: WeekStart = "monday"): number {
	const midnight = local - modulo(local, DAY);
	if (unit === "day") return midnight;
	const date = new Date(midnight);
	if (unit === "week") return midnight - ((date.getUTCDay() - (weekStart === "monday" ? 1 : 0) + 7) % 7) * DAY;
	return Date.UTC(date.getUTCFullYear(), unit === "year" ? 0 : date.getUTCMonth(), 1);
}

function addLocal(local: number, unit: Unit, n: number): number {
	if (unit === "day" || unit === "week") return local + n * (unit === "week" ? 7 : 1) * DAY;
	const date = new Date(local);
	const year = date.getUTCFullYear();
	const month = date.getUTCMonth() + n * (unit === "year" ? 12 : 1);
	const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
	return Date.UTC(year, month, Math.min(date.getUTCDate(), days)) + modulo(local, DAY);
}

const modulo = (x: number, by: number) => ((x % by) + by) % by;
const two = (n: number) => String(n).padStart(2, "0");
