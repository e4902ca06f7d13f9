import type { EventRecord } from "../../../../schema/questions.ts";

/** As sessions are cut everywhere else (semantics): a pause longer than this begins another. */
const PAUSE_MS = 30 * 60_000;

export interface Visit {
	/** Epoch ms of the first and the last event. */
	from: number;
	to: number;
	/** Newest first. */
	events: EventRecord[];
}

export interface Day {
	/** Epoch ms of its newest event; the day itself is the zone's business. */
	at: number;
	visits: Visit[];
}

/** Events, newest first, in visits, in days of the zone; a visit past midnight belongs to the day in which it began. */
export function timeline(events: readonly EventRecord[], zone: string): Day[] {
	const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
	const days: Day[] = [];
	let name = "";
	for (const visit of visits(events)) {
		const day = format.format(visit.from);
		if (day !== name) days.push({ at: visit.from, visits: [] });
		name = day;
		days.at(-1)?.visits.push(visit);
	}
	return days;
}

function visits(events: readonly EventRecord[]): Visit[] {
	const found: Visit[] = [];
	for (const event of events) {
		const at = Date.parse(event.t);
		const current = found.at(-1);
		if (!current || current.from - at > PAUSE_MS) {
			found.push({ from: at, to: at, events: [event] });
		} else {
			current.from = at;
			current.events.push(event);
		}
	}
	return found;
}
