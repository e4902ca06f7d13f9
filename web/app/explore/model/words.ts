/** Times and names of people and events, as a person says them. */
import type { EventRecord, VisitorRow } from "../../../../schema/questions.ts";
import { lag } from "../../model/format.ts";

/** `12 s ago`, `3 h ago`, `5 days ago`. */
export function ago(t: string, now: number): string {
	const ms = Math.max(0, now - Date.parse(t));
	const days = Math.floor(ms / 86_400_000);
	if (days >= 2) return `${days} days ago`;
	return ms < 1_000 ? "just now" : `${lag(ms)} ago`;
}

/** Sun 22 Nov 2026, 10:04:09 */
export const moment = (t: string, zone: string): string =>
	new Intl.DateTimeFormat("en-GB", {
		timeZone: zone,
		weekday: "short",
		day: "numeric",
		month: "short",
		year: "numeric",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
	}).format(new Date(t));

/** 10:04:09 */
export const clock = (t: string, zone: string): string =>
	new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(
		new Date(t),
	);

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** The best name there is: what `identify` said, else the user id, else the start of the visitor's own id. */
export function visitorName({ visitor, user_id, traits }: Pick<VisitorRow, "visitor" | "user_id" | "traits">): string {
	return text(traits.name) || text(traits.email) || text(user_id) || shortId(visitor);
}

export const shortId = (visitor: string): string => visitor.slice(0, 8);

/** What an event is about, in a line: its page, else its first props. */
export function eventDetail({ fields, props, name }: EventRecord): string {
	if (name === "pageview") return fields.path ?? "";
	const said = Object.entries(props)
		.slice(0, 3)
		.map(([prop, value]) => `${prop}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
		.join(", ");
	return said || (fields.path ?? "");
}
