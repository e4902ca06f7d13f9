import { type Settings, settings } from "./settings.ts";

/** ASCII, and so bytes: the wire's limit for a string. */
const MAX_ADDRESS = 1024;

/**
 * An address as far as it may leave the browser: no credentials, of the query only `utm_*` and what the site allows,
 * the fragment only for sites that route by it. Two addresses that clean to one are one page.
 */
export function cleanAddress(
	href: string,
	site: Pick<Settings, "hash" | "excludeSearch" | "allowSearch"> | undefined = settings,
): string | undefined {
	if (!site || !URL.canParse(href)) return undefined;
	const url = new URL(href);
	const kept = [...url.searchParams].filter(
		([name]) => !site.excludeSearch && (name.startsWith("utm_") || site.allowSearch.includes(name)),
	);
	url.search = String(new URLSearchParams(kept));
	return (url.origin + url.pathname + url.search + (site.hash ? url.hash : "")).slice(0, MAX_ADDRESS);
}
