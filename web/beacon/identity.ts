import { randomId } from "./id.ts";
import * as queue from "./queue.ts";
import { settings } from "./settings.ts";
import { read, write } from "./storage.ts";
import type { Consent, Props } from "./types.ts";

/** Who this is: `v` visitor id, `u` user id, `p` registered props. In localStorage where that is allowed. */
interface Identity {
	v?: string;
	u?: string;
	p?: Props;
}

/** The visitor's own choice, one for all sites of an origin. Kept in cookieless mode too, for they ask for it. */
const OPT_OUT = "nowcast.optout";

export let identity: Identity = {};
let consent: Consent | undefined;

export const hasOptedOut = (): boolean => !!read(OPT_OUT);
export const isActive = (): boolean => !!settings?.allowed && !hasOptedOut();
const mayStore = () => isActive() && (consent ? consent === "granted" : !settings?.cookieless);

export function remember(change: Identity): void {
	identity = { ...identity, ...change };
	if (settings && mayStore()) write(settings.store, identity);
}

export function forget(): void {
	identity = mayStore() ? { v: randomId() } : {};
	remember({});
}

/** Consent and opt-out work before `init` too: nothing may be stored that would then have to be taken back. */
export function setConsent(state: Consent | undefined): void {
	consent = state ?? consent ?? settings?.consent;
	apply();
}

export function opt(out?: 1): void {
	write(OPT_OUT, out);
	if (out) {
		identity = {};
		queue.clear();
	}
	apply();
}

/** Opens what may be stored; deletes what may not. While consent is pending it does neither. */
function apply(): void {
	if (!settings) return;
	const { store } = settings;
	const ring = `${store}.queue`;
	const allowed = mayStore();
	if (allowed) remember({ v: randomId(), ...read<Identity>(store), ...identity });
	else if (consent !== "pending") {
		delete identity.v;
		write(store);
		write(ring);
	}
	queue.persist(allowed ? ring : "");
	queue.hold(consent === "pending", identity.v);
}
