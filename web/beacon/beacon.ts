import { on, watch } from "./auto.ts";
import { beforeSend, capture, MAX_TEXT, page } from "./capture.ts";
import { forget, hasOptedOut, identity, opt, remember, setConsent } from "./identity.ts";
import { flush } from "./queue.ts";
import { configure, type Raw, settings } from "./settings.ts";
import type { Nowcast, Options, Props } from "./types.ts";

/** Where the script came from: the default host. A module has none and uses the page's. */
export const home = { origin: "" };

/** Calls made before `init`. */
const early: (() => void)[] = [];

const register = (props: Props): void => remember({ p: { ...identity.p, ...props } });

function start(key: string, raw: Raw): void {
	if (settings) return;
	const site = configure(key, raw, home.origin || location.origin);
	beforeSend(site.beforeSend);
	setConsent(undefined);
	for (const call of early) call();
	if (site.allowed) watch();
}

/** Calls wait for `init`. What a site's own hook throws, its call throws. */
const afterInit =
	<A extends unknown[]>(call: (...args: A) => void) =>
	(...args: A): void => {
		if (settings) call(...args);
		else early.push(() => call(...args));
	};

export const nowcast: Nowcast = {
	init(key, options: Options = {}) {
		const run = () => start(key, options);
		// A page that is only prerendered has no visitor yet.
		if ((document as { prerendering?: boolean }).prerendering) on(document, "prerenderingchange", run);
		else run();
		return nowcast;
	},
	track: afterInit(capture),
	page: afterInit(page),
	identify: afterInit((userId, traits) => {
		remember({ u: String(userId).slice(0, MAX_TEXT) });
		capture("identify", traits, { interactive: false });
	}),
	group: afterInit((group, traits) => {
		register({ group });
		capture("group", traits, { interactive: false });
	}),
	register: afterInit(register),
	reset: afterInit(forget),
	optOut: () => opt(1),
	optIn: () => opt(),
	hasOptedOut,
	setConsent,
	beforeSend: afterInit(beforeSend),
	flush,
	ready: afterInit((callback) => callback(nowcast)),
};
