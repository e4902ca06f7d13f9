export interface Clock {
	now: () => number;
	/** Runs `work` after `ms`; returns how to call it off. */
	after: (ms: number, work: () => void) => () => void;
}

export const browserClock: Clock = {
	now: () => Date.now(),
	after: (ms, work) => {
		const id = setTimeout(work, ms);
		return () => clearTimeout(id);
	},
};

/** Leading edge first: the first call runs after `settleMs`, later ones at most every `everyMs`; the last is never lost. */
export function throttle(work: () => void, everyMs: number, settleMs: number, clock: Clock = browserClock) {
	let last = Number.NEGATIVE_INFINITY;
	let cancel: (() => void) | null = null;
	return {
		call() {
			if (cancel) return;
			cancel = clock.after(Math.max(settleMs, last + everyMs - clock.now()), () => {
				cancel = null;
				last = clock.now();
				work();
			});
		},
		stop() {
			cancel?.();
			cancel = null;
		},
	};
}

/** Exponential backoff with full jitter: a deploy disconnects everybody at once, and they must not come back at once. */
export const backoff = (attempt: number, random: number): number =>
	BACKOFF_FLOOR_MS + random * Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** attempt);

const BACKOFF_FLOOR_MS = 200; // a first retry that is felt as at once, yet never a busy loop
const BACKOFF_FIRST_MS = 500; // spread of the first retry
const BACKOFF_CAP_MS = 15_000; // longer than this and people reload by hand
