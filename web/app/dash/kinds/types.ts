/** What a kind of panel is given. Kinds draw; they never ask, and hold nothing that the panel or the view says. */
import type { Signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Annotation } from "../../../../schema/annotation.ts";
import type { Panel, PanelKind, PanelOf } from "../../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../../schema/panel.ts";

/** What panels of a dashboard share. */
export interface Surroundings {
	/** IANA. */
	zone: string;
	currency: string | null;
	weekStart: "monday" | "sunday";
	/** Where the pointer, or the reading by keys, is in time (epoch seconds), for the crosshair of all charts; null: nowhere. */
	crosshair: Signal<number | null>;
	/** Drawn on charts over time. */
	annotations: readonly Annotation[];
	/** A stretch was brushed: epoch ms. It becomes the range of all. */
	onZoom(from: number, to: number): void;
	/** A moment was chosen to be annotated, or a stretch: epoch ms. Null: not by this viewer. */
	onAnnotate: ((at: number, until: number | null) => void) | null;
	/** A value of a field was chosen: filters by it where a variable is of that field. Null: nothing would happen. */
	onPick: ((dim: string, value: string) => void) | null;
}

export interface KindProps<Kind extends PanelKind = PanelKind> {
	panel: PanelOf<Kind>;
	/** With the live tail joined. Always at least one result with an answer; problems of the others are shown by the panel's frame. */
	answer: PanelAnswer;
	around: Surroundings;
	/** Is the end of it moving by socket? */
	live: boolean;
}

export type KindComponent<Kind extends PanelKind = PanelKind> = ComponentType<KindProps<Kind>>;

/** A panel's figures as a table, for the table behind each chart, and for CSV in the browser. */
export interface Sheet {
	columns: { name: string; numeric: boolean }[];
	rows: { cells: { text: string; title?: string }[] }[];
}

/** What kinds/index.ts exports: `Kind` draws any panel, `sheetOf` tells its figures, `isEmpty` says that there is nothing to draw. */
export interface Kinds {
	Kind: ComponentType<{ panel: Panel; answer: PanelAnswer; around: Surroundings; live: boolean }>;
	sheetOf(panel: Panel, answer: PanelAnswer, around: Pick<Surroundings, "zone" | "currency" | "weekStart">): Sheet;
	isEmpty(panel: Panel, answer: PanelAnswer): boolean;
}
