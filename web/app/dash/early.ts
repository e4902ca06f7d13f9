/** The dashboard that the page is opened at, asked for as soon as it is known who asks, beside what else the page waits for. */
import type { DashboardRecord } from "../../../schema/dashboard.ts";
import { fetchDashboard } from "../api.ts";
import { credential, identity } from "../key.ts";
import { place } from "../route.ts";

interface Early {
	uid: string;
	/** Whose answer it is: another site's would be of another dashboard, or of none. */
	who: string;
	asked: Promise<DashboardRecord>;
}

let early: Early | null = null;

/** Asks once; the same answer to whoever else wants to know. Null: the page was opened elsewhere, or by nobody known yet. */
export function askEarly(): Promise<DashboardRecord> | null {
	if (early !== null) return early.asked;
	const here = place.peek();
	if (here.at !== "dashboard" || credential.peek() === null) return null;
	early = { uid: here.uid, who: identity.peek(), asked: fetchDashboard(here.uid) };
	early.asked.catch(() => {}); // whoever takes it hears of it
	return early.asked;
}

/** Once: whoever asks again wants to hear something new. */
export function takeEarly(uid: string): Promise<DashboardRecord> | null {
	if (early?.uid !== uid || early.who !== identity.peek()) return null;
	const { asked } = early;
	early = { ...early, uid: "" };
	return asked;
}
