/**
 * Spreads what live data moves over frames of the screen: a tick moves most panels of a page at the same time, and all of
 * them in one frame would hold back what a person does meanwhile. One a page (board.ts).
 */

/** So many frames bring everything that waits, 0.1 s at 60 a second. */
const SPREAD = 6;

export class Frames {
	readonly #waiting = new Set<() => void>();
	readonly #request: (draw: () => void) => void;
	#isAsked = false;
	/** How many go with each frame. */
	#share = 0;

	/** `request`: the next frame. A hidden page draws none: what arrives meanwhile is drawn when somebody looks. */
	constructor(request: (draw: () => void) => void = (draw) => void requestAnimationFrame(draw)) {
		this.#request = request;
	}

	/** Draws once, in one of the next frames, however often it is asked for until then. */
	add(draw: () => void): void {
		this.#waiting.add(draw);
		this.#share = Math.max(this.#share, Math.ceil(this.#waiting.size / SPREAD));
		this.#ask();
	}

	drop(draw: () => void): void {
		this.#waiting.delete(draw);
	}

	#ask(): void {
		if (this.#isAsked) return;
		this.#isAsked = true;
		this.#request(() => this.#run());
	}

	#run(): void {
		this.#isAsked = false;
		const due = [...this.#waiting].slice(0, this.#share);
		for (const draw of due) this.#waiting.delete(draw);
		if (this.#waiting.size > 0) this.#ask();
		else this.#share = 0;
		for (const draw of due) draw();
	}
}
