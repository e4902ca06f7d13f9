/**
 * localStorage. It may be missing, forbidden or full (private windows, policies, quota): then nothing is kept and
 * the beacon lives from memory, which is why these failures are not reported.
 */
export function read<T>(name: string): T | null {
	try {
		return JSON.parse(localStorage.getItem(name) ?? "null");
	} catch {
		return null;
	}
}

/** `undefined` deletes. */
export function write(name: string, value?: unknown): void {
	try {
		if (value === undefined) localStorage.removeItem(name);
		else localStorage.setItem(name, JSON.stringify(value));
	} catch {}
}
