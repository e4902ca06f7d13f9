/** A dashboard that is being edited: every change of it, what it started from, and its way to the server. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Author, Dashboard, type DashboardRecord, type Panel } from "../../../../schema/dashboard.ts";
import { createDashboard, saveDashboard } from "../api.ts";
import type { DashView } from "../view.ts";
import { finished } from "./model/check.ts";
import * as history from "./model/history.ts";
import { replacePanel } from "./model/panels.ts";

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What no server has yet: version 0, which the first save makes a dashboard with a uid of its own. */
export function newRecord(): DashboardRecord {
	const by: Author = { kind: "system", id: "", name: "" };
	const never = { created_at: 0, created_by: by, updated_at: 0, updated_by: by };
	return { uid: "new", version: 0, ...never, dashboard: Dashboard.parse({ title: "New dashboard" }) };
}

export const isNew = ({ version }: DashboardRecord): boolean => version === 0;

export class EditSession {
	/** What the changes started from: the newest version that this person has seen. */
	readonly base: Signal<DashboardRecord>;
	readonly #history: Signal<history.History<Dashboard>>;
	readonly dashboard: ReadonlySignal<Dashboard>;
	/** Is there something to lose? */
	readonly dirty: ReadonlySignal<boolean>;
	readonly canUndo: ReadonlySignal<boolean>;
	readonly canRedo: ReadonlySignal<boolean>;
	/** The newest version, where somebody saved one in the meantime: changes are to be brought together. */
	readonly theirs = signal<DashboardRecord | null>(null);
	/** What the person said of the changes when they were last sent. */
	message = "";

	constructor(record: DashboardRecord) {
		this.base = signal(record);
		this.#history = signal(history.begin(record.dashboard));
		this.dashboard = computed(() => this.#history.value.present);
		this.dirty = computed(() => !same(this.dashboard.value, this.base.value.dashboard));
		this.canUndo = computed(() => history.canUndo(this.#history.value));
		this.canRedo = computed(() => history.canRedo(this.#history.value));
	}

	/** Changes by the same key in a row are undone together. */
	change = (recipe: (dashboard: Dashboard) => Dashboard, key: string | null = null): void => {
		const old = this.#history.peek();
		this.#history.value = history.change(old, recipe(old.present), key);
	};
	changePanel = (panel: Panel, key: string | null = null): void =>
		this.change((dashboard) => replacePanel(dashboard, panel), key);
	undo = (): void => {
		this.#history.value = history.undo(this.#history.peek());
	};
	redo = (): void => {
		this.#history.value = history.redo(this.#history.peek());
	};
	/** The next change is undone by itself. */
	settle = (): void => {
		this.#history.value = history.settle(this.#history.peek());
	};

	/** True: saved. False: somebody was faster, see `theirs`. @throws Failure */
	async save(message: string): Promise<boolean> {
		this.message = message;
		const dashboard = finished(this.dashboard.peek());
		const base = this.base.peek();
		const answer = isNew(base)
			? { saved: await createDashboard({ dashboard, message }) }
			: await saveDashboard(base.uid, dashboard, base.version, message);
		if ("current" in answer) {
			this.theirs.value = answer.current;
			return false;
		}
		this.#saved(answer.saved, dashboard);
		return true;
	}

	/** Changes made while the save was under way stay changes. */
	#saved(record: DashboardRecord, sent: Dashboard): void {
		const untouched = same(finished(this.dashboard.peek()), sent);
		this.base.value = record;
		if (untouched) this.change(() => record.dashboard);
		this.theirs.value = null;
	}

	/** Goes on from the newest version with what was brought together. */
	rebase(newest: DashboardRecord, merged: Dashboard): void {
		this.base.value = newest;
		this.change(() => merged);
		this.theirs.value = null;
	}
}

/** What parts of the editor share. */
export interface Editing {
	session: EditSession;
	view: DashView;
	/** Says something to those who do not see it. */
	announce(text: string): void;
}

export const EditContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
	const editing = useContext(EditContext);
	if (!editing) throw new Error("outside of the editor");
	return editing;
}
