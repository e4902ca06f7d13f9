/** How settings tell times, roles, scopes, and what was done. */
import type { AuditAction, AuditEntry, Role } from "../../../schema/people.ts";
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

/** What somebody did, as the log says it after the name; what it was done to follows. */
const DONE: Record<AuditAction, string> = {
	"account.password": "changed their password",
	"account.reset": "set a new password by a link",
	"account.update": "changed their name",
	"annotations.create": "added an annotation",
	"annotations.delete": "deleted an annotation",
	"annotations.update": "changed an annotation",
	"dashboards.create": "made a dashboard",
	"dashboards.delete": "deleted a dashboard",
	"dashboards.duplicate": "copied a dashboard",
	"dashboards.import": "imported a dashboard",
	"dashboards.restore": "restored a dashboard's older version",
	"dashboards.update": "changed a dashboard",
	"dead.replay": "replayed dead letters",
	"digests.create": "made a digest",
	"digests.delete": "deleted a digest",
	"digests.send": "sent a digest",
	"digests.update": "changed a digest",
	"funnels.create": "saved a funnel",
	"funnels.delete": "deleted a funnel",
	"funnels.update": "changed a funnel",
	"import.create": "imported history",
	"invitations.accept": "accepted an invitation",
	"invitations.create": "invited somebody",
	"invitations.delete": "took an invitation back",
	"keys.create": "made a key",
	"keys.delete": "revoked a key",
	"members.delete": "removed a member",
	"members.reset": "made a link that resets a password",
	"members.update": "changed a member's role",
	"organisations.create": "made an organisation",
	"organisations.update": "renamed the organisation",
	"rebuild.create": "had figures computed anew",
	"segments.create": "saved a segment",
	"segments.delete": "deleted a segment",
	"segments.update": "changed a segment",
	"session.create": "signed in",
	"session.delete": "signed out",
	"session.refused": "gave a wrong password",
	"sessions.delete": "signed out everywhere",
	"shares.create": "made a shared link",
	"shares.delete": "revoked a shared link",
	"sites.create": "made a site",
	"sites.delete": "deleted a site",
	"sites.rollups": "had rollups written anew",
	"sites.seal": "had events archived at once",
	"sites.update": "changed a site's settings",
	"visitors.delete": "had a visitor's data erased",
	"visitors.export": "had a visitor's data copied",
};
const isKnown = (action: string): action is AuditAction => Object.hasOwn(DONE, action);

/** `revoked a shared link`. An action of another version is told as it is written. */
export const doneWords = (action: string): string => (isKnown(action) ? DONE[action] : action);

/** What it was done to: its name, else its id; nothing where that is who did it. */
export const doneTo = ({ actor, target, detail }: Pick<AuditEntry, "actor" | "target" | "detail">): string =>
	detail || (target === actor.id ? "" : target);
