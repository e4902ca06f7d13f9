/** What an event's URL says: where it happened, and which campaign brought the visitor. */
import { Lru } from "./lru.ts";

export interface Place {
	/** Host name, lower case, without port. */
	host: string;
	/** With the fragment where that is a route. */
	path: string;
	/** Query string without its "?", without campaign tags and click ids. */
	search: string;
	utm_source: string;
	utm_medium: string;
	utm_campaign: string;
	utm_term: string;
	utm_content: string;
	/** The click was paid for: an ad network's click id was there. */
	paid: boolean;
}

const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"] as const;
type Utm = (typeof UTM)[number];
const isUtm = (key: string): key is Utm => (UTM as readonly string[]).includes(key);

/** Click ids name one click of one person: they are no dimension, and are dropped. `true`: an advertisement's. */
const CLICK_IDS = new Map([
	["gclid", true],
	["gbraid", true],
	["wbraid", true],
	["dclid", true],
	["msclkid", true],
	["ttclid", true],
	["fbclid", false],
	["igshid", false],
	["twclid", true],
	["li_fat_id", true],
]);

const NOWHERE: Place = {
	host: "",
	path: "",
	search: "",
	utm_source: "",
	utm_medium: "",
	utm_campaign: "",
	utm_term: "",
	utm_content: "",
	paid: false,
};

/**
 * URLs that the WHATWG parser would return unchanged: plain host that is no IP address, no port, no userinfo, nothing
 * to escape or to resolve. Everything else goes through `new URL`, at some twenty times the price.
 */
const PLAIN =
	/^https?:\/\/((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63})(\/[\w\-~!$&()*+,;=:@%./]*)?(?:\?([\w\-.~!$&()*+,;=:@%/?]*))?(?:#|$)/;
const NEEDS_PARSER = /\/\.|%2e|xn--|#[/!]|^https?:\/\/[^/]{254}/i;
/** Pages of a site that routes by fragment (`#/cart`, `#!cart`). Any other fragment is a place in the page, or a secret. */
const ROUTE = /^#[/!][^?]*/;

/** A site sees few distinct URLs at a time; ≈ 1 MB. */
const places = new Lru<Place>(2_000);

export const placeOf = (url: string | undefined): Place => (url ? places.of(url, parsePlace) : NOWHERE);

export function parsePlace(url: string): Place {
	const plain = PLAIN.exec(url);
	if (plain && !NEEDS_PARSER.test(url)) return place(plain[1] ?? "", plain[2] ?? "/", plain[3] ?? "");
	// Servers may send only a path.
	const base = url.startsWith("/") ? "http://none.invalid" : undefined;
	const parsed = URL.parse(url, base);
	if (!parsed) return NOWHERE;
	const host = base && parsed.hostname === "none.invalid" ? "" : parsed.hostname;
	const route = ROUTE.exec(parsed.hash)?.[0] ?? "";
	return place(host, parsed.pathname + route, parsed.search.slice(1));
}

function place(host: string, path: string, search: string): Place {
	return search === "" ? { ...NOWHERE, host, path } : withSearch({ ...NOWHERE, host, path }, search);
}

function withSearch(at: Place, search: string): Place {
	const kept: string[] = [];
	for (const pair of search.split("&")) {
		const equals = pair.indexOf("=");
		const key = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
		if (isUtm(key)) at[key] ||= decode(equals < 0 ? "" : pair.slice(equals + 1));
		else if (CLICK_IDS.has(key)) at.paid ||= CLICK_IDS.get(key) === true;
		else if (pair !== "") kept.push(pair);
	}
	at.search = kept.join("&");
	return at;
}

function decode(text: string): string {
	const spaced = text.replaceAll("+", " ");
	try {
		return decodeURIComponent(spaced);
	} catch {
		// A stray "%": the tag as it was written is more use than none.
		return spaced;
	}
}
