/** How settings tell times, roles and scopes. */
import type { Role } from "../../../schema/people.ts";
import type { KeyScope } from "./api.ts";

const UNITS = [
	["year", 365 * 86_400_000],
	["month", 30 * 86_400_000],
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
] as const;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `5 minutes ago`, `yesterday`, `in 7 days`; under a minute `just now`. Times are epoch ms. */
export function ago(at: number, now: number): string {
	const away = at - now;
	const found = UNITS.find(([, ms]) => Math.abs(away) >= ms);
	if (!found) return away > 0 ? "in less than a minute" : "just now";
	const [unit, ms] = found;
	// What ends in 6 days and 23 hours ends in a week; what was 47 hours ago was yesterday.
	return relative.format(away > 0 ? Math.round(away / ms) : Math.trunc(away / ms), unit);
}

const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** The moment itself, in the reader's own time zone. */
export const moment = (at: number): string => format.format(at);

export const ROLE_NAMES: readonly (readonly [Role, string])[] = [
	["viewer", "Viewer"],
	["editor", "Editor"],
	["admin", "Admin"],
];
export const ROLE_MEANS: Record<Role, string> = {
	viewer: "Sees every dashboard and asks every question.",
	editor: "Sees everything, and saves dashboards, annotations, segments and funnels.",
	admin: "May what an editor may, and manages people, keys, the site's settings and every shared link.",
};

export const SCOPES: readonly { scope: KeyScope; name: string; means: string }[] = [
	{ scope: "read", name: "Read", means: "Reads figures and dashboards. For people who only look, and for scripts." },
	{ scope: "edit", name: "Edit", means: "Also saves dashboards, annotations, segments and funnels." },
	{
		scope: "admin",
		name: "Admin",
		means: "Also makes keys, changes the site, imports and deletes data. Keep it secret.",
	},
	{
		scope: "write",
		name: "Write",
		means: "Sends events from pages: it stands in the script tag, where everybody can read it.",
	},
	{
		scope: "server",
		name: "Server",
		means: "Sends events from servers, with visitors and times of their choosing. Keep it secret.",
	},
];
export const scopeName = (scope: string): string => SCOPES.find((one) => one.scope === scope)?.name ?? scope;
