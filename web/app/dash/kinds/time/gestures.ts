/** What pointers do on a plot beyond reading it: brush to zoom, with Shift to annotate; a finger reads, and holds to annotate. */
import type uPlot from "uplot";
import { AWAY, cursorTo } from "../../../charts/plot.tsx";

export interface Gestures {
	/** Indexes of the first and the last bucket that were brushed. */
	zoom(from: number, to: number): void;
	/** `to` null: a moment. Null where this viewer may not. */
	annotate: ((from: number, to: number | null) => void) | null;
	/** Is the pointer over this plot? Only then is what the cursor says a reading of it. */
	reading(on: boolean): void;
}

/** px: less is a click. */
const LEAST_BRUSH = 6;
/** ms that a finger rests on a moment, and px that it may tremble, before that is a wish to annotate it. */
const HOLD_MS = 550;
const TREMBLE = 8;

export class Pointer {
	#shift = false;
	#from = 0;
	#hold: ReturnType<typeof setTimeout> | undefined;
	#down: { x: number; y: number } | null = null;
	readonly #current: () => Gestures;

	constructor(current: () => Gestures) {
		this.#current = current;
	}

	/** A stretch was brushed: uPlot's `setSelect`. */
	select = (plot: uPlot): void => {
		const { left, width } = plot.select;
		if (width < LEAST_BRUSH) return;
		plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
		const [from, to] = [plot.posToIdx(left), plot.posToIdx(left + width)];
		const { annotate, zoom } = this.#current();
		if (this.#shift && annotate) annotate(from, to);
		else zoom(from, to);
	};

	/** Listens for as long as the plot lives. */
	attach(plot: uPlot): void {
		const { over } = plot;
		over.addEventListener("mouseenter", () => this.#current().reading(true));
		over.addEventListener("mousedown", ({ shiftKey, clientX }) => {
			this.#shift = shiftKey && this.#current().annotate !== null;
			this.#from = clientX;
			plot.root.classList.toggle("annotating", this.#shift);
		});
		// Not `click`: uPlot holds those back, because snapping to buckets looks like a drag to it.
		over.addEventListener("mouseup", ({ clientX }) => {
			const { idx } = plot.cursor;
			const still = Math.abs(clientX - this.#from) < LEAST_BRUSH;
			if (this.#shift && still && idx != null) this.#current().annotate?.(idx, null);
		});
		over.addEventListener("mouseleave", () => this.#current().reading(false));
		over.addEventListener("pointerdown", (event) => this.#touch(plot, event));
		over.addEventListener("pointermove", (event) => this.#drag(plot, event));
		over.addEventListener("pointerup", () => this.#lift());
		// The finger scrolls the page.
		over.addEventListener("pointercancel", () => {
			this.#lift();
			this.#leave(plot);
		});
	}

	#touch(plot: uPlot, event: PointerEvent): void {
		if (event.pointerType !== "touch") return;
		this.#current().reading(true);
		this.#down = { x: event.clientX, y: event.clientY };
		cursorTo(plot, event);
		this.#hold = setTimeout(() => {
			const { idx } = plot.cursor;
			const { annotate } = this.#current();
			if (!this.#down || idx == null || !annotate) return;
			this.#leave(plot);
			annotate(idx, null);
		}, HOLD_MS);
	}

	#drag(plot: uPlot, event: PointerEvent): void {
		if (this.#down === null) return;
		const far = Math.hypot(event.clientX - this.#down.x, event.clientY - this.#down.y) > TREMBLE;
		if (far) clearTimeout(this.#hold);
		cursorTo(plot, event);
	}

	#leave(plot: uPlot): void {
		this.#current().reading(false);
		plot.setCursor(AWAY, false);
	}

	#lift(): void {
		clearTimeout(this.#hold);
		this.#down = null;
	}
}
