import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Filter as SegmentFilter } from "../../schema/expression.ts";
import type { Active } from "../../schema/live.ts";
import type { SavedSegment } from "../../schema/saved.ts";
import type { Site } from "./api.ts";
import type { Shelf } from "./explore/shelf.ts";
import type { Live } from "./live.ts";
import { readView, type View, writeView } from "./model/view.ts";

const inBrowser = typeof location !== "undefined";

/** What the page shows: always equal to the URL. */
export const view = signal<View>(readView(inBrowser ? location.search : ""));

/** Changes the view, and the URL with it. `quiet` changes make no step of the browser's history. */
export function show(change: Partial<View>, quiet = false): void {
	const next = { ...view.peek(), ...change };
	const url = `${location.pathname}${writeView(next)}`;
	if (quiet) history.replaceState(null, "", url);
	else history.pushState(null, "", url);
	view.value = next;
}

if (inBrowser)
	addEventListener("popstate", () => {
		view.value = readView(location.search);
	});

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
