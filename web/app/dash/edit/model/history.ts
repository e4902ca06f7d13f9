/** Undo and redo over values that never change: what was, what is, and what was taken back. */

/** Steps that can be taken back; a dashboard is some 20 KB, and most of it is shared between neighbours. */
export const MOST_STEPS = 200;

export interface History<T> {
	readonly past: readonly T[];
	readonly present: T;
	readonly future: readonly T[];
	/** Changes by the same key in a row are one step: a drag, the typing in one field. */
	readonly key: string | null;
}

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [], key: null });

/** A change; by a `key` that the change before it had, too, it joins that one. */
export function change<T>(history: History<T>, value: T, key: string | null = null): History<T> {
	if (value === history.present) return history;
	if (key !== null && key === history.key) return { ...history, present: value, future: [] };
	return { past: [...history.past, history.present].slice(-MOST_STEPS), present: value, future: [], key };
}

/** The next change is a step of its own, whatever its key. */
export const settle = <T>(history: History<T>): History<T> =>
	history.key === null ? history : { ...history, key: null };

export function undo<T>(history: History<T>): History<T> {
	if (history.past.length === 0) return history;
	const [present = history.present] = history.past.slice(-1);
	return { past: history.past.slice(0, -1), present, future: [history.present, ...history.future], key: null };
}

export function redo<T>(history: History<T>): History<T> {
	const [present, ...future] = history.future;
	if (present === undefined) return history;
	return { past: [...history.past, history.present], present, future, key: null };
}

export const canUndo = <T>(history: History<T>): boolean => history.past.length > 0;
export const canRedo = <T>(history: History<T>): boolean => history.future.length > 0;
