/** Where in the app we are: the path says the place, the search what is looked at there (state.ts, dash/view.ts). */
import { batch, computed, effect, signal } from "@preact/signals";
import { chooseSite, siteInLinks } from "./key.ts";

export type Place =
	/** The Overview and the pages of questions. */
	| { at: "site" }
	| { at: "dashboards" }
	/** A dashboard that is not saved yet. */
	| { at: "new-dashboard" }
	| { at: "dashboard"; uid: string; edit: boolean }
	| { at: "kiosk" }
	| { at: "settings"; tab: string }
	/** A shared link; its signature stands after the #. */
	| { at: "shared"; share: string; embedded: boolean }
	| { at: "invitation" };

/** How the site's script is installed. */
export const INSTALL = "/#install";

/** A part of a path as it was meant; as it stands where it is not well formed. */
function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export function placeOf(path: string): Place {
	const [first = "", second = "", third = ""] = path.split("/").filter(Boolean).map(decoded);
	if (first === "dashboards" || (first === "d" && second === ""))
		return { at: second === "new" ? "new-dashboard" : "dashboards" };
	if (first === "d") return { at: "dashboard", uid: second, edit: third === "edit" };
	if (first === "kiosk") return { at: "kiosk" };
	if (first === "settings") return { at: "settings", tab: second };
	if ((first === "share" || first === "embed") && second !== "")
		return { at: "shared", share: second, embedded: first === "embed" };
	if (first === "invite") return { at: "invitation" };
	return { at: "site" };
}

const inBrowser = typeof location !== "undefined";
const path = signal(inBrowser ? location.pathname : "/");
/** The search of the address, which `go` and the browser's history change. */
export const search = signal(inBrowser ? location.search : "");
/** What stands after the #, with it: `#install`, or a secret that no server is sent. */
export const hash = signal(inBrowser ? location.hash : "");
export const place = computed(() => placeOf(path.value));

/** Asked before the place is left; false: stay (unsaved changes). Set by what has something to lose. */
export const leaving: { ask: (() => boolean) | null } = { ask: null };

const stays = (pathname: string) => pathname !== path.peek() && leaving.ask !== null && !leaving.ask();

function arrive(at: URL | Location): void {
	batch(() => {
		path.value = at.pathname;
		search.value = at.search;
		hash.value = at.hash;
	});
}

const ofNoSite: readonly Place["at"][] = ["shared", "invitation"];

/** Is it a place of the app that shows a site? Not the API, and not the demo shop. */
function isOfSite({ origin, pathname }: URL): boolean {
	const { at } = placeOf(pathname);
	return origin === location.origin && !ofNoSite.includes(at) && (at !== "site" || pathname === "/");
}

/** A path as an address, with its site where one has several: whoever follows it sees the same. */
export function linkTo(to: string): URL {
	const url = new URL(to, location.href);
	const site = siteInLinks.peek();
	if (site !== null && isOfSite(url)) url.searchParams.set("site", site);
	return url;
}

/** Goes to another place, or another view of this one. `quiet`: without a step of the browser's history. */
export function go(to: string, quiet = false): void {
	const url = linkTo(to);
	if (stays(url.pathname)) return;
	const elsewhere = url.pathname !== path.peek();
	if (quiet) history.replaceState(null, "", url);
	else history.pushState(null, "", url);
	arrive(url);
	if (elsewhere && !quiet) scrollTo(0, 0);
}

/** Is this click one for the browser: another tab, another window, a download? */
export const opensElsewhere = (event: MouseEvent): boolean =>
	event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button > 0;

/** For links within the app: a click with a modifier still opens another tab. */
export function follow(event: MouseEvent): void {
	if (opensElsewhere(event)) return;
	const link = event.currentTarget instanceof Element ? event.currentTarget.closest("a") : null;
	if (!link) return;
	event.preventDefault();
	go(link.href);
}

/** What the browser opens by itself (another tab, a copied address) names the site as `go` does. */
function completeLink({ target }: Event): void {
	const link = target instanceof Element ? target.closest("a") : null;
	if (!link?.href) return;
	const { href } = linkTo(link.href);
	if (href !== link.href) link.href = href;
}

/** The site that the address names. */
export const siteInAddress = (): string | null => new URLSearchParams(search.peek()).get("site");

/** Puts the site that is looked at into the address. */
function nameSite(): void {
	const url = linkTo(location.href);
	if (url.href === location.href) return;
	history.replaceState(null, "", url);
	search.value = url.search;
}

if (inBrowser) {
	addEventListener("popstate", () => {
		if (stays(location.pathname)) history.pushState(null, "", path.peek() + search.peek() + hash.peek());
		else
			batch(() => {
				arrive(location);
				chooseSite(siteInAddress() ?? "");
				nameSite();
			});
	});
	effect(() => {
		if (siteInLinks.value !== null) nameSite();
	});
	for (const pressed of ["pointerdown", "focusin"]) addEventListener(pressed, completeLink, true);
	addEventListener("hashchange", () => {
		hash.value = location.hash;
	});
}
