/** Where a visitor came from: the referring site, and which of five channels that is. */
import { Lru } from "./lru.ts";
import type { Place } from "./url.ts";

export type Channel = "direct" | "search" | "social" | "referral" | "campaign";

export interface Source {
	/** Host of the referrer without "www.", where it is another site; else "". */
	referrer: string;
	/** Origin and path of it: a foreign query string may hold what its visitor typed. */
	referrer_url: string;
}

const NONE: Source = { referrer: "", referrer_url: "" };

/** By the name before the public suffix, since these run under many of them: google.de, google.co.uk. */
const SEARCH_NAMES = new Set([
	"google",
	"bing",
	"yahoo",
	"yandex",
	"baidu",
	"duckduckgo",
	"ecosia",
	"qwant",
	"startpage",
	"naver",
	"seznam",
	"sogou",
	"kagi",
	"mojeek",
	"swisscows",
	"metager",
	"aol",
	"daum",
	"rambler",
	"searx",
	"perplexity",
]);
const SEARCH_HOSTS = new Set([
	"ask.com",
	"search.brave.com",
	"presearch.com",
	"you.com",
	"so.com",
	"ya.ru",
	"coccoc.com",
]);
/** Google's and Yahoo's hosts that are no search. */
const NOT_SEARCH =
	/^(mail|docs|drive|groups|news|sites|calendar|accounts|meet|chat|classroom|translate|plus|support)\./;
const SOCIAL_HOSTS = new Set([
	"facebook.com",
	"fb.com",
	"fb.me",
	"messenger.com",
	"instagram.com",
	"threads.net",
	"threads.com",
	"twitter.com",
	"x.com",
	"t.co",
	"linkedin.com",
	"lnkd.in",
	"reddit.com",
	"youtube.com",
	"youtu.be",
	"pinterest.com",
	"pin.it",
	"tiktok.com",
	"snapchat.com",
	"tumblr.com",
	"vk.com",
	"ok.ru",
	"weibo.com",
	"whatsapp.com",
	"wa.me",
	"t.me",
	"telegram.org",
	"telegram.me",
	"discord.com",
	"discord.gg",
	"quora.com",
	"medium.com",
	"news.ycombinator.com",
	"lobste.rs",
	"mastodon.social",
	"bsky.app",
	"twitch.tv",
	"vimeo.com",
	"xing.com",
	"line.me",
	"producthunt.com",
]);

/** Android apps refer as `android-app://package`. */
const APPS = new Map([
	["com.google.android.googlequicksearchbox", "google.com"],
	["com.google.android.gm", "mail.google.com"],
	["com.facebook.katana", "facebook.com"],
	["com.linkedin.android", "linkedin.com"],
	["com.twitter.android", "x.com"],
	["com.reddit.frontpage", "reddit.com"],
	["org.telegram.messenger", "t.me"],
	["com.slack", "slack.com"],
]);

const sources = new Lru<Source>(2_000);
const channels = new Lru<Channel>(2_000);

const withoutWww = (host: string) => (host.startsWith("www.") ? host.slice(4) : host);

/** The referring site, unless it is the event's own (`host`) or another of the tenant's (`isOwn`). */
export function sourceOf(referrer: string | undefined, host: string, isOwn: (host: string) => boolean): Source {
	if (!referrer) return NONE;
	const source = sources.of(referrer, parseSource);
	if (source.referrer === "" || source.referrer === withoutWww(host) || isOwn(source.referrer)) return NONE;
	return source;
}

export function parseSource(referrer: string): Source {
	const url = URL.parse(referrer);
	if (!url) return NONE;
	if (url.protocol === "android-app:") {
		const host = APPS.get(url.hostname) ?? url.hostname;
		return { referrer: host, referrer_url: `android-app://${url.hostname}` };
	}
	if (url.protocol !== "http:" && url.protocol !== "https:") return NONE;
	return { referrer: withoutWww(url.hostname), referrer_url: url.origin + url.pathname };
}

/** Tagged or paid traffic is a campaign, whoever sent it; then the referrer decides; then it is direct. */
export function channelOf(place: Place, referrer: string): Channel {
	if (place.paid || place.utm_source || place.utm_medium || place.utm_campaign) return "campaign";
	return referrer === "" ? "direct" : channels.of(referrer, hostChannel);
}

function hostChannel(host: string): Channel {
	if (isSearch(host)) return "search";
	for (let at = 0; at >= 0; ) {
		if (SOCIAL_HOSTS.has(host.slice(at))) return "social";
		const dot = host.indexOf(".", at);
		at = dot < 0 ? -1 : dot + 1;
	}
	return "referral";
}

function isSearch(host: string): boolean {
	if (SEARCH_HOSTS.has(host)) return true;
	if (NOT_SEARCH.test(host)) return false;
	const labels = host.split(".");
	// The registrable name: before the last label, or before a second-level suffix such as co.uk, com.au.
	const second = labels.at(-2) ?? "";
	const name = labels.length > 2 && /^(co|com|org|net|ne|or)$/.test(second) ? labels.at(-3) : second;
	return SEARCH_NAMES.has(name ?? "");
}
