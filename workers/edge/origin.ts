/** Which pages may use a site's write keys, and which hosts are the site's own. */
import type { Site } from "../api/auth.ts";

export interface Origins {
	/** Whether a page of this origin ("https://shop.example") may send events. Null: the request named none. */
	allows(origin: string | null): boolean;
	/** Whether this host is listed: links between a tenant's hosts are no referrals. */
	owns(host: string): boolean;
}

interface Pattern {
	protocol: string | null;
	/** "" for "*", which is any host. */
	host: string;
	subdomains: boolean;
	port: string | null;
}

/** By site object: authentication hands out the same one for as long as it is cached. */
const compiled = new WeakMap<Site, Origins>();

/** A site without origins takes events from anywhere: nobody has said yet where its pages are. */
export function originsOf(site: Site): Origins {
	let origins = compiled.get(site);
	if (!origins) {
		origins = compileOrigins(site.origins);
		compiled.set(site, origins);
	}
	return origins;
}

/** Patterns: `https://shop.example`, `shop.example` (any scheme and port), `*.shop.example` (below it), `*`. */
export function compileOrigins(patterns: readonly string[]): Origins {
	const parsed = patterns.map(parsePattern);
	const open = parsed.length === 0 || parsed.some((p) => p.host === "");
	return {
		allows: (origin) => open || (origin !== null && parsed.some((p) => matchesOrigin(p, origin))),
		owns: (host) => parsed.some((p) => p.host !== "" && matchesHost(p, host)),
	};
}

function parsePattern(text: string): Pattern {
	const [, protocol, rest = ""] = /^(?:([a-z][a-z0-9+.-]*:)\/\/)?(.*?)\/?$/i.exec(text.trim().toLowerCase()) ?? [];
	const [, name = rest, port] = /^(.*?)(?::(\d+))?$/.exec(rest) ?? [];
	const subdomains = name.startsWith("*.");
	return {
		protocol: protocol ?? null,
		host: name === "*" ? "" : subdomains ? name.slice(2) : name,
		subdomains,
		// A full origin without a port means its scheme's default one; a bare host means any.
		port: port ?? (protocol ? "" : null),
	};
}

function matchesOrigin(pattern: Pattern, origin: string): boolean {
	const url = URL.parse(origin);
	return (
		url !== null &&
		(pattern.protocol === null || pattern.protocol === url.protocol) &&
		(pattern.port === null || pattern.port === url.port || isDefault(pattern, url)) &&
		matchesHost(pattern, url.hostname)
	);
}

const isDefault = (pattern: Pattern, url: URL) =>
	url.port === "" && pattern.port === (url.protocol === "https:" ? "443" : "80");

const matchesHost = (pattern: Pattern, host: string) =>
	pattern.subdomains ? host.endsWith(`.${pattern.host}`) : host === pattern.host;
