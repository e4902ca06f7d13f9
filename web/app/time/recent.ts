/** The ranges that were chosen lately in this browser, newest first. */
import { CALENDAR, QUICK, sameTime, type Time } from "./model.ts";

const NAME = "nowcast.times";
const KEPT = 4;

const isTime = (value: unknown): value is Time =>
	typeof value === "object" &&
	value !== null &&
	"from" in value &&
	typeof value.from === "string" &&
	"to" in value &&
	typeof value.to === "string";

/** What is kept, as text; whatever is not of our making is left out. */
export function readRecent(text: string | null): Time[] {
	try {
		const parsed: unknown = JSON.parse(text ?? "[]");
		return Array.isArray(parsed) ? parsed.filter(isTime).slice(0, KEPT) : [];
	} catch {
		return [];
	}
}

/** With one more; what is offered anyway is not kept. */
export function withRecent(recent: readonly Time[], { from, to }: Time): Time[] {
	const time = { from, to };
	if ([...QUICK, ...CALENDAR].some((quick) => sameTime(quick, time))) return [...recent];
	return [time, ...recent.filter((one) => !sameTime(one, time))].slice(0, KEPT);
}

export function recentTimes(): Time[] {
	try {
		return readRecent(localStorage.getItem(NAME));
	} catch {
		return [];
	}
}

export function remember(time: Time): void {
	try {
		localStorage.setItem(NAME, JSON.stringify(withRecent(recentTimes(), time)));
	} catch {
		// Storage refused: the range is used all the same.
	}
}
