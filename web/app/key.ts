import { signal } from "@preact/signals";

/** The key lives in this browser only: for the session, or longer where the person asks. It never enters a URL. */
const NAME = "nowcast.key";

function stored(): string | null {
	try {
		return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
	} catch {
		return null; // storage refused: the key then lasts as long as the page
	}
}

export const key = signal<string | null>(stored());

export function signIn(value: string, remember: boolean): void {
	try {
		sessionStorage.setItem(NAME, value);
		if (remember) localStorage.setItem(NAME, value);
	} catch {
		// Not kept; see above.
	}
	key.value = value;
}

export function signOut(): void {
	try {
		sessionStorage.removeItem(NAME);
		localStorage.removeItem(NAME);
	} catch {
		// Nothing was kept.
	}
	key.value = null;
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
	if (/^[sra]k_/.test(value)) return "Not this one: everybody can read a page. A script tag has the write key (pk_…).";
	if (value === DEMO_WRITE_KEY) return "This is the demo site's key.";
	if (!/^pk_[\w-]+$/.test(value)) return "Write keys look like pk_… and have no spaces.";
	return null;
}

/** Why a key cannot open a dashboard, seen without asking the server; null where it may. */
export function keyProblem(value: string): string | null {
	if (value === "") return "Enter a key.";
	if (value.startsWith("pk_")) return "This is a write key for the script tag. A dashboard needs a read key (rk_…).";
	if (value.startsWith("sk_")) return "This is a server write key. A dashboard needs a read key (rk_…).";
	if (!/^[ra]k_[\w-]+$/.test(value)) return "Keys for the dashboard look like rk_… (read) or ak_… (admin).";
	return null;
}
