/**
 * Who is in front of the page: a key, a session of a person, or a shared link. A key lives in this browser only: until
 * the tab is closed, or longer where the person asks. It never enters a URL; a session's secret is a cookie.
 */
import { computed, signal } from "@preact/signals";
import type { Role, Session } from "../../schema/people.ts";
import { PROTOCOL } from "./model/words.ts";

export type Credential =
	/** `site`, `sites`: of a root key, which has no site of its own, the one looked at and all there are. Else empty. */
	| { kind: "key"; key: string; site: string; sites: readonly SiteChoice[] }
	/** `site`: the id of the one that is looked at, of those that the session names; "" where it names none. */
	| { kind: "session"; session: Session; site: string }
	/** `sh_<id>.<signature>`. */
	| { kind: "share"; token: string };

/** A site that one may look at. */
export type SiteChoice = Pick<Session["sites"][number], "id" | "name" | "org">;

const NAME = "nowcast.key";
/** The site that was looked at last: says also that a cookie is probably there, which a script cannot see. */
const SITE = "nowcast.site";
/** The same by a root key. */
const KEY_SITE = "nowcast.key.site";

const byKey = (key: string): Credential => ({ kind: "key", key, site: "", sites: [] });

/** Storage may be refused: what is kept then lasts as long as the page. */
function attempt<T>(work: () => T): T | null {
	try {
		return work();
	} catch {
		return null;
	}
}

const storedKey = () => attempt(() => sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME));
const stored = storedKey();

export const credential = signal<Credential | null>(stored === null ? null : byKey(stored));

/** Is a cookie probably there? Then nobody is shown a login before the server said that it is not. */
export const mayHaveSession = (): boolean => attempt(() => localStorage.getItem(SITE)) !== null;

/** The key, where the person came in with one. */
export const key = computed(() => (credential.value?.kind === "key" ? credential.value.key : null));

/** The person's session, where there is one. */
export const session = computed(() => (credential.value?.kind === "session" ? credential.value.session : null));

/** Changes with whoever is signed in, and with the site that is looked at: what was loaded for another is not shown. */
export const identity = computed(() => {
	const mine = credential.value;
	if (mine === null) return "";
	if (mine.kind === "session") return `${mine.session.user.id}@${mine.site}`;
	return mine.kind === "key" ? `${mine.key}@${mine.site}` : mine.token;
});

/** The sites there are to choose from. */
export const sites = computed<readonly SiteChoice[]>(() => {
	const mine = credential.value;
	if (mine?.kind === "session") return mine.session.sites;
	return mine?.kind === "key" ? mine.sites : [];
});

/** The site that a link named which one may not see, or which is gone. */
export const unseen = signal<string | null>(null);

/** The site that links have to name, because there are several to choose from. */
export const siteInLinks = computed(() => {
	const mine = credential.value;
	if (mine === null || mine.kind === "share" || sites.value.length < 2 || unseen.value !== null) return null;
	return mine.site;
});

export function signIn(value: string, remember: boolean): void {
	attempt(() => {
		sessionStorage.setItem(NAME, value);
		if (remember) localStorage.setItem(NAME, value);
	});
	credential.value = byKey(value);
}

/** A root key's sites, once the server has said them. `wanted`: the one that the address names; `own`: the key's. */
export function knowSites(known: readonly SiteChoice[], wanted: string | null, own: string | null): void {
	const current = credential.peek();
	if (current?.kind !== "key") return;
	const last = attempt(() => localStorage.getItem(KEY_SITE));
	credential.value = { ...current, sites: known, site: settled(known, wanted, last, own) };
}

/** The site to open; a wanted one that is not there is `unseen`. */
function settled(known: readonly { id: string }[], wanted: string | null, ...others: (string | null)[]): string {
	const site = siteOf(known, wanted, ...others);
	if (wanted !== null) unseen.value = wanted === site ? null : wanted;
	return site;
}

/** The site that is asked for, else the one looked at last, else the first. */
export function siteOf(sites: readonly { id: string }[], ...wanted: (string | null)[]): string {
	const found = wanted.find((id) => sites.some((site) => site.id === id));
	return found ?? sites[0]?.id ?? "";
}

/** With what the server says of the cookie. `wanted`: the site that the address names. */
export function enterSession(next: Session, wanted: string | null = null): void {
	const current = credential.peek();
	const before = current?.kind === "session" ? current.site : attempt(() => localStorage.getItem(SITE));
	const site = settled(next.sites, wanted, before);
	attempt(() => {
		// The cookie is the way in now: a key that was kept would be tried in its place.
		sessionStorage.removeItem(NAME);
		localStorage.removeItem(NAME);
		localStorage.setItem(SITE, site);
	});
	credential.value = { kind: "session", session: next, site };
}

/** Another of one's sites; one that is not is no choice. */
export function chooseSite(id: string): void {
	const current = credential.peek();
	if (current === null || current.kind === "share" || !sites.peek().some((site) => site.id === id)) return;
	attempt(() => localStorage.setItem(current.kind === "key" ? KEY_SITE : SITE, id));
	unseen.value = null;
	if (current.site !== id) credential.value = { ...current, site: id };
}

/** The bearer of a link: what its path and the part after its # say. */
export const shareToken = (share: string, signature: string): string => `sh_${share}.${signature}`;

/** A shared link's page; nothing of it is kept, and nothing that is kept is lost. */
export function openShare(token: string): void {
	credential.value = { kind: "share", token };
}

/** Forgets who is here, in this browser. `leave` of api.ts also ends the session at the server. */
export function signOut(): void {
	attempt(() => {
		sessionStorage.removeItem(NAME);
		localStorage.removeItem(NAME);
		localStorage.removeItem(SITE);
		localStorage.removeItem(KEY_SITE);
	});
	unseen.value = null;
	credential.value = null;
}

/** What one may, from the least; each includes those before it. */
const LADDER = ["read", "edit", "admin"] as const;
export type Right = (typeof LADDER)[number];
const BY_PREFIX: Record<string, Right> = { rk: "read", ek: "edit", ak: "admin" };
export const BY_ROLE: Record<Role, Right> = { viewer: "read", editor: "edit", admin: "admin" };

/** What a credential may on its site; null: nothing but what a shared link shows. */
export function rightOf(mine: Credential | null): Right | null {
	if (mine === null || mine.kind === "share") return null;
	// A key of another form is a root key, which the server knows by itself.
	if (mine.kind === "key") return BY_PREFIX[mine.key.slice(0, 2)] ?? "admin";
	const site = mine.session.sites.find(({ id }) => id === mine.site);
	return site ? BY_ROLE[site.role] : null;
}

/** May the person do this here? The server decides; this tells what is worth showing. */
export function may(wanted: Right): boolean {
	const right = rightOf(credential.value);
	return right !== null && LADDER.indexOf(right) >= LADDER.indexOf(wanted);
}

/** Subprotocols of a socket: a key or a link's token travels as the second one, a cookie by itself. */
export function protocols(): string[] {
	const mine = credential.peek();
	if (mine === null || mine.kind === "session") return [PROTOCOL];
	return [PROTOCOL, mine.kind === "key" ? mine.key : mine.token];
}

/** What a socket's query string needs beside what is watched. */
export function liveQuery(): string {
	const mine = credential.peek();
	return mine !== null && mine.kind !== "share" && mine.site !== "" ? `site=${encodeURIComponent(mine.site)}` : "";
}

/** A server on this very machine has the demo site; others refuse its keys. */
export const isLocal = (host: string): boolean =>
	host === "localhost" || host === "[::1]" || host.endsWith(".localhost") || /^127(\.\d+){3}$/.test(host);

export const DEMO_READ_KEY = "rk_demo";
export const DEMO_WRITE_KEY = "pk_demo";

/** An admin key may change and delete a site: it is kept past the session only where the person says so. */
export const isKeptByDefault = (value: string): boolean => !value.startsWith("ak_");

/** Why a key does not belong in a script tag, seen without asking the server; null where it may. */
export function writeKeyProblem(value: string): string | null {
	if (/^[srea]k_/.test(value)) return "Not this one: everybody can read a page. A script tag has the write key (pk_…).";
	if (value === DEMO_WRITE_KEY) return "This is the demo site's key.";
	if (!/^pk_[\w-]+$/.test(value)) return "Write keys look like pk_… and have no spaces.";
	return null;
}

/** Why a key cannot open a dashboard, seen without asking the server; null where it may. */
export function keyProblem(value: string): string | null {
	if (value === "") return "Enter a key.";
	if (value.startsWith("pk_")) return "This is a write key for the script tag. A dashboard needs a read key (rk_…).";
	if (value.startsWith("sk_")) return "This is a server write key. A dashboard needs a read key (rk_…).";
	if (!/^[rea]k_[\w-]+$/.test(value))
		return "Keys for the dashboard look like rk_… (read), ek_… (edit) or ak_… (admin).";
	return null;
}
