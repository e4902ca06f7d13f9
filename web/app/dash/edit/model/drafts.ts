/** What was changed and not saved, kept for this tab: a reload does not lose it. */
import { Dashboard } from "../../../../../schema/dashboard.ts";

/** sessionStorage, or what stands for it in tests. */
export interface DraftShelf {
	getItem(key: string): string | null;
	setItem(key: string, value: string): void;
	removeItem(key: string): void;
}

export interface Draft {
	dashboard: Dashboard;
	/** What it started from. */
	version: number;
	/** Epoch ms. */
	at: number;
}

const keyOf = (uid: string): string => `nowcast.draft.${uid}`;

/** Null: there is none, or one that this version of the app cannot read. */
export function readDraft(shelf: DraftShelf, uid: string): Draft | null {
	try {
		const text = shelf.getItem(keyOf(uid));
		if (text === null) return null;
		const { dashboard, version, at } = JSON.parse(text);
		if (typeof version !== "number" || typeof at !== "number") return null;
		return { dashboard: Dashboard.parse(dashboard), version, at };
	} catch {
		return null;
	}
}

/** Storage may be full or refused: then the browser's question before leaving is all there is. */
export function keepDraft(shelf: DraftShelf, uid: string, draft: Draft): void {
	try {
		shelf.setItem(keyOf(uid), JSON.stringify(draft));
	} catch {
		// See above.
	}
}

export function dropDraft(shelf: DraftShelf, uid: string): void {
	try {
		shelf.removeItem(keyOf(uid));
	} catch {
		// Nothing was kept.
	}
}
