/** What a kiosk shows, as its address says, and for how long. Pure. */

/** A minute is long enough to read a dashboard, and short enough to wait for the next. */
const EVERY_MS = 60_000;
/** Under it panels are hardly drawn before they go, ms. */
const LEAST_MS = 5_000;
const MOST_MS = 24 * 3_600_000;
const MAX_DASHBOARDS = 30;
const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

export interface Kiosk {
	uids: string[];
	everyMs: number;
}

/** `?d=uid&d=uid&every=30s`. What is unreadable has its default. */
export function readKiosk(search: string): Kiosk {
	const params = new URLSearchParams(search);
	const [, count, unit = ""] = /^(\d{1,5})([smh])$/.exec(params.get("every") ?? "") ?? [];
	const everyMs = count === undefined ? EVERY_MS : Number(count) * (UNITS[unit] ?? 0);
	const uids = params.getAll("d").filter((uid) => uid !== "" && uid.length <= 40);
	return { uids: uids.slice(0, MAX_DASHBOARDS), everyMs: Math.min(MOST_MS, Math.max(LEAST_MS, everyMs)) };
}

/** A page of a dashboard is read faster than a whole one, but not faster than this, ms. */
const LEAST_PAGE_MS = 15_000;

/** How long each of a dashboard's pages stays, ms: they share its time, as long as that is enough. */
export const pageMs = (everyMs: number, pages: number): number =>
	Math.max(Math.min(everyMs, LEAST_PAGE_MS), Math.round(everyMs / Math.max(1, pages)));

export function writeKiosk(uids: readonly string[], every = ""): string {
	const params = new URLSearchParams(uids.slice(0, MAX_DASHBOARDS).map((uid) => ["d", uid]));
	if (every !== "") params.set("every", every);
	return `?${params}`;
}
