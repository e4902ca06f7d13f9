import { batch, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Filter as SegmentFilter } from "../../schema/expression.ts";
import type { Active } from "../../schema/live.ts";
import type { SavedSegment } from "../../schema/saved.ts";
import type { Site } from "./api.ts";
import type { Shelf } from "./explore/shelf.ts";
import type { Live } from "./live.ts";
import { readView, type View, writeView } from "./model/view.ts";
import { go, place, search } from "./route.ts";

/** What the Overview and the pages of questions show: always equal to the URL while one of them is open. */
export const view = signal<View>(readView(place.peek().at === "site" ? search.peek() : ""));

/** Changes the view, and the URL with it. `quiet` changes make no step of the browser's history. */
export function show(change: Partial<View>, quiet = false): void {
	const next = { ...view.peek(), ...change };
	batch(() => {
		go(`/${writeView(next)}`, quiet);
		// Where unsaved changes keep the person, nothing changes.
		if (place.peek().at === "site") view.value = next;
	});
}

// The browser's history, links, and other places that lead here.
effect(() => {
	if (place.value.at !== "site") return;
	const there = readView(search.value);
	if (writeView(there) !== writeView(view.peek())) view.value = there;
});

/** Grows when the site's own settings were changed: what holds them is made anew. */
export const siteChanges = signal(0);

/** What every panel of a signed-in page shares. */
export interface Workspace {
	site: Site;
	live: Live;
	/** Names of the site's events. */
	metrics: ReadonlySignal<string[]>;
	/** Grows when figures should be asked again: events arrived, or time went on. */
	tick: ReadonlySignal<number>;
	/** The same, some four times slower: for panels that ask many questions or change little. */
	slowTick: ReadonlySignal<number>;
	/** The newest *active now*, by the server's clock. */
	active: ReadonlySignal<Active | null>;
	/** Loaded where they are first needed. */
	segments: Shelf<SavedSegment, SegmentFilter>;
	/** How often the figures are asked again where no socket brings them, ms; null: the sockets do. */
	everyMs: Signal<number | null>;
}

export const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
	const workspace = useContext(WorkspaceContext);
	if (!workspace) throw new Error("outside of a workspace");
	return workspace;
}
