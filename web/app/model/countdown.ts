import type { Active } from "../../../schema/live.ts";

/** Active visitors at `now` (epoch ms, server's clock) if nothing more arrived since the frame. */
export function activeAt(frame: Active, now: number): number {
	let count = frame.now;
	for (const [at, left] of frame.expiries) {
		if (at > now) break;
		count = left;
	}
	return count;
}

/** When the count changes next (epoch ms), or null when it never will by itself. */
export function nextExpiry(frame: Active, now: number): number | null {
	for (const [at] of frame.expiries) if (at > now) return at;
	return null;
}

/** Server clock minus ours, ms. The least delayed frame seen tells it best, so the largest difference is kept. */
export function clockSkew(known: number | null, frameAt: number, now: number): number {
	const seen = frameAt - now;
	return known === null ? seen : Math.max(known, seen);
}
