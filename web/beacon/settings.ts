import type { Options } from "./types.ts";

/** Complete configuration: after `resolve` nothing is undefined that has a default. */
export interface Settings extends Pick<Options, "tag" | "consent" | "beforeSend"> {
	/** Name of what is kept in localStorage. */
	store: string;
	endpoint: string;
	auto: string[];
	hash: boolean;
	excludeSearch: boolean;
	allowSearch: string[];
	/** Is this one of the site's `domains`, and does the browser's wish (where honoured) allow it? */
	allowed: boolean;
	cookieless: boolean;
}

/** An element's attributes are options whose values are text. */
export type Raw = { [K in keyof Options]?: Options[K] | string | undefined };

const flag = (value: unknown): boolean => value != null && `${value}` !== "false";
const list = (value: string | string[] | undefined): string[] =>
	typeof value === "string" ? (value.match(/[^\s,]+/g) ?? []) : (value ?? []);

/** Options, or a script's attributes, with every default filled in. `origin` is where the script came from. */
export function resolve(key: string, raw: Raw, origin: string): Settings {
	const domains = list(raw.domains);
	const browser: Navigator & { globalPrivacyControl?: boolean } = navigator;
	return {
		...(raw as Options),
		store: `nowcast.${key}`,
		endpoint: `${new URL(raw.path || "/v1/events", raw.host || origin).href}?key=${key}`,
		auto: list(raw.auto ?? "pageviews"),
		hash: flag(raw.hash) && !flag(raw.excludeHash),
		excludeSearch: flag(raw.excludeSearch),
		allowSearch: list(raw.allowSearch),
		allowed:
			(!domains[0] || domains.includes(location.hostname)) &&
			!(flag(raw.dnt) && (browser.doNotTrack === "1" || browser.globalPrivacyControl)),
		cookieless: flag(raw.cookieless),
	};
}

/** This page's configuration, from `init` on. */
export let settings: Settings | undefined;

export const configure = (key: string, raw: Raw, origin: string): Settings => {
	settings = resolve(key, raw, origin);
	return settings;
};
