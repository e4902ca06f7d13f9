/** The beacon's public types. Imports nothing: the build publishes this file as the head of `beacon.d.mts`. */

/** What a prop may be. Nested values are sent as JSON text, for a prop is something one can filter by. */
export type PropValue = string | number | boolean | null;

/** Props of an event. Three names are fields of the event itself and are lifted out of the props. */
export interface Props {
	[name: string]: unknown;
	/** What the event is worth: summed, averaged, … */
	value?: number | undefined;
	/** ISO 4217 code of `value`. */
	currency?: string | undefined;
	/** false: the event does not make a visit with one page view more than a bounce. */
	interactive?: boolean | undefined;
}

/** An event as it leaves the browser, but for `age` (ms before its request), which each request states anew. */
export interface BeaconEvent {
	/** uuid v7; the same on every retry, so that an event counts once. */
	id: string;
	name: string;
	visitor_id?: string | undefined;
	user_id?: string | undefined;
	url?: string | undefined;
	referrer?: string | undefined;
	title?: string | undefined;
	screen?: string | undefined;
	lang?: string | undefined;
	value?: number | undefined;
	currency?: string | undefined;
	interactive?: boolean | undefined;
	props: Record<string, PropValue>;
}

/** Sees every event before it is queued. Returns it, or another, or null to drop it. */
export type BeforeSend = (event: BeaconEvent) => BeaconEvent | null;

/**
 * granted: visitor id and queue in localStorage, in cookieless mode too.
 * denied: as cookieless mode, and what was stored is deleted.
 * pending: events wait in memory, nothing is sent or stored until the answer.
 * Not remembered from page to page: a consent banner says it on each.
 */
export type Consent = "granted" | "denied" | "pending";

/** What the beacon watches by itself. */
export type Auto = "pageviews" | "clicks" | "forms" | "errors" | "outbound";

/** Each is also an attribute of the script element: `excludeSearch` is `data-exclude-search`. Lists there are comma-separated. */
export interface Options {
	/** Where to send to. Default: the script's origin. */
	host?: string | undefined;
	/** Path of the endpoint, where a site renames it. Default `/v1/events`. */
	path?: string | undefined;
	/** Default `["pageviews"]`. */
	auto?: Auto[] | undefined;
	/** The fragment is part of the page: for sites that route by it. */
	hash?: boolean | undefined;
	/** Fragments are never sent, whatever `hash` says. */
	excludeHash?: boolean | undefined;
	/** Drop the whole query string, utm too. */
	excludeSearch?: boolean | undefined;
	/** Parameters to keep besides `utm_*`. */
	allowSearch?: string[] | undefined;
	/** Run on these host names only. */
	domains?: string[] | undefined;
	/** Honour Do Not Track and Global Privacy Control. */
	dnt?: boolean | undefined;
	/** No cookie, no storage, no visitor id. */
	cookieless?: boolean | undefined;
	/** Prop `tag` of every event. */
	tag?: string | undefined;
	consent?: Consent | undefined;
	beforeSend?: BeforeSend | undefined;
}

/** The API. Calls made before `init` wait for it. */
export interface Nowcast {
	/** Starts the beacon, once a page; the script does it itself where it has `data-site`. */
	init(key: string, options?: Options): Nowcast;
	track(name: string, props?: Props, options?: Pick<Props, "value" | "currency" | "interactive">): void;
	/** A page view of the current address. */
	page(props?: Props): void;
	/** This visitor is that user, from now on. */
	identify(userId: string, traits?: Props): void;
	/** This visitor belongs to that account: prop `group` of every event from now on. */
	group(groupId: string, traits?: Props): void;
	/** Props of every event from now on. */
	register(props: Props): void;
	/** Forgets user, group, registered props and visitor id (log-out on a shared device). */
	reset(): void;
	/** Stops, deletes what was stored, and keeps one mark of this choice in localStorage. */
	optOut(): void;
	optIn(): void;
	hasOptedOut(): boolean;
	setConsent(state: Consent): void;
	beforeSend(hook: BeforeSend): void;
	/** Sends what waits. Resolves after the first request; what does not fit it (20 events) follows by itself. */
	flush(): Promise<void>;
	/** Calls back once the beacon runs. */
	ready(callback: (nowcast: Nowcast) => void): void;
}
