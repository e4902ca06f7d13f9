import type { EventRecord, EventsAnswer } from "../../../../schema/questions.ts";

/** Rows kept on the page: more scroll out of anybody's sight, and slow it down. */
const KEPT = 300;

export interface Stream {
	/** Newest first. */
	events: EventRecord[];
	/** Ids that the last answer brought. */
	fresh: ReadonlySet<string>;
	/** Not shown, since the stream began: past the limit, or 20 a second. */
	leftOut: number;
	cursor: number | null;
}

export const EMPTY_STREAM: Stream = { events: [], fresh: new Set(), leftOut: 0, cursor: null };

/** Takes an answer in. What was there already (an answer that was asked twice) stays once and is not new. */
export function append(stream: Stream, { events, left_out, cursor }: EventsAnswer): Stream {
	const known = new Set(stream.events.map((event) => event.id));
	const added = events.filter((event) => !known.has(event.id));
	const first = stream.cursor === null;
	return {
		events: [...added, ...stream.events].slice(0, KEPT),
		// What was there when the page opened is no news.
		fresh: new Set(first ? [] : added.map((event) => event.id)),
		// What the first answer left out is simply older.
		leftOut: first ? 0 : stream.leftOut + left_out,
		cursor,
	};
}
