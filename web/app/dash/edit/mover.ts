/** A panel on its way: by pointer or by keys. Nothing of it is in the history until it is dropped. */
import { signal } from "@preact/signals";
import { COLUMNS } from "../../../../schema/dashboard.ts";
import {
	type Box,
	compact,
	type Direction,
	type Edge,
	move,
	resize,
	type Steps,
	sameBoxes,
	step,
	walk,
} from "./model/layout.ts";

export interface Moving {
	id: string;
	/** Carried by the pointer, pulled at an edge, or held by the keyboard. */
	by: "drag" | "resize" | "keys";
	/** The layout as it was when it was taken, and as it would be if it was dropped now. */
	start: readonly Box[];
	now: readonly Box[];
	/** How far the pointer carried it, px; 0, 0 otherwise. */
	dx: number;
	dy: number;
}

/** A pointer that moves less than this has clicked, px. */
const CLICK_PX = 4;
/** Nearer than this to an end of the window, px, the page scrolls along; and how fast at most, px a second. */
const SCROLL_ZONE = 70;
const SCROLL_SPEED = 1_200;
/** After a longer pause between two frames it goes on as if it had been this, ms. */
const LONGEST_FRAME_MS = 100;

const ARROWS: Record<string, Direction> = {
	ArrowLeft: "left",
	ArrowRight: "right",
	ArrowUp: "up",
	ArrowDown: "down",
};
const PULLS: Record<Direction, readonly [columns: number, rows: number]> = {
	left: [-1, 0],
	right: [1, 0],
	up: [0, -1],
	down: [0, 1],
};

/** What of a pointer that goes down matters here. */
export type Press = Pick<PointerEvent, "button" | "isPrimary" | "pointerId" | "clientX" | "clientY" | "currentTarget">;
/** What of a key press matters here. */
export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "preventDefault" | "stopPropagation">;

export class Mover {
	readonly moving = signal<Moving | null>(null);
	readonly #drop: (boxes: readonly Box[]) => void;
	readonly #say: (text: string) => void;
	#frame = 0;
	/** Of what the keyboard holds. */
	#steps: Steps = { x: 0, y: 0, columns: 0, rows: 0 };

	/** `drop`: takes the layout that was made. `say`: tells those who do not see it. */
	constructor(drop: (boxes: readonly Box[]) => void, say: (text: string) => void) {
		this.#drop = drop;
		this.#say = say;
	}

	/**
	 * A pointer went down on what a panel is taken by (`edge`: on that edge), in a grid that is as wide, and whose rows
	 * are as high, px. It is taken once the pointer has moved: a click changes nothing.
	 */
	take(
		press: Press,
		boxesOf: () => readonly Box[],
		id: string,
		{ width, row }: { width: number; row: number },
		edge?: Edge,
	): void {
		const handle = press.currentTarget;
		if (press.button !== 0 || !press.isPrimary || !(handle instanceof HTMLElement)) return;
		if (this.moving.peek()) this.#end(true);
		const start = compact(boxesOf());
		const from = start.find((box) => box.id === id);
		if (!from) return;
		const column = width / COLUMNS;
		const origin = { x: press.clientX + scrollX, y: press.clientY + scrollY };
		let last = { x: press.clientX, y: press.clientY };
		const follow = () => {
			const dx = last.x + scrollX - origin.x;
			const dy = last.y + scrollY - origin.y;
			if (this.moving.peek() === null && Math.hypot(dx, dy) < CLICK_PX) return;
			const now = edge
				? resize(start, id, edge, { columns: dx / column, rows: dy / row })
				: move(start, id, { x: from.x + dx / column, y: from.y + dy / row });
			this.moving.value = { id, by: edge ? "resize" : "drag", start, now, dx, dy };
			this.#scroll(() => last.y, follow);
		};
		const onMove = (moved: PointerEvent) => {
			last = { x: moved.clientX, y: moved.clientY };
			follow();
		};
		const over = new AbortController();
		const end = (keep: boolean) => {
			cancelAnimationFrame(this.#frame);
			this.#frame = 0;
			over.abort();
			this.#end(keep);
		};
		const onKey = (key: KeyboardEvent) => {
			if (key.key !== "Escape") return;
			key.preventDefault();
			key.stopPropagation();
			end(false);
		};
		const untilOver = { signal: over.signal };
		handle.setPointerCapture(press.pointerId);
		handle.addEventListener("pointermove", onMove, untilOver);
		handle.addEventListener("pointerup", () => end(true), untilOver);
		handle.addEventListener("pointercancel", () => end(false), untilOver);
		addEventListener("keydown", onKey, { ...untilOver, capture: true });
	}

	/** Scrolls on, frame by frame, for as long as the pointer stays near an end of the window. */
	#scroll(at: () => number, follow: () => void): void {
		if (this.#frame !== 0) return;
		let last = performance.now();
		const scroll = (now: number) => {
			const y = at();
			const over = Math.max(0, SCROLL_ZONE - y) - Math.max(0, y - (innerHeight - SCROLL_ZONE));
			if (over === 0 || this.moving.peek() === null) {
				this.#frame = 0;
				return;
			}
			const seconds = Math.min(LONGEST_FRAME_MS, Math.max(0, now - last)) / 1000;
			last = now;
			scrollBy(0, -SCROLL_SPEED * seconds * Math.max(-1, Math.min(1, over / SCROLL_ZONE)));
			follow();
			this.#frame = requestAnimationFrame(scroll);
		};
		this.#frame = requestAnimationFrame(scroll);
	}

	/** Enter takes a panel and drops it, arrows move it, with Shift they pull its corner, Escape puts it back. */
	onKey(event: KeyPress, boxes: readonly Box[], id: string, name: string): void {
		const held = this.moving.peek();
		const mine = held?.by === "keys" && held.id === id ? held : null;
		if (event.key === "Enter" || event.key === " ") {
			event.preventDefault();
			if (mine) this.#end(true, name);
			else this.#hold(boxes, id, name);
			return;
		}
		if (!mine) return;
		const direction = ARROWS[event.key];
		if (event.key === "Escape") this.#end(false, name);
		else if (direction) this.#step(mine, direction, event.shiftKey);
		else return;
		event.preventDefault();
		event.stopPropagation();
	}

	/** The focus went elsewhere: what was held is dropped where it is. */
	leave(id: string): void {
		const held = this.moving.peek();
		if (held?.by === "keys" && held.id === id) this.#end(true);
	}

	#hold(boxes: readonly Box[], id: string, name: string): void {
		const start = compact(boxes);
		const { x = 0, y = 0 } = start.find((box) => box.id === id) ?? {};
		this.#steps = { x, y, columns: 0, rows: 0 };
		this.moving.value = { id, by: "keys", start, now: start, dx: 0, dy: 0 };
		this.#say(`${name} taken. Arrows move it, Shift and arrows resize it, Enter drops it, Escape puts it back.`);
	}

	#step(held: Moving, direction: Direction, pull: boolean): void {
		const { start, id } = held;
		const steps = (pull ? this.#pulled(direction) : step(start, id, this.#steps, direction)) ?? this.#steps;
		const now = walk(start, id, steps);
		const box = now.find((one) => one.id === id);
		if (!box || sameBoxes(now, held.now)) {
			this.#say(`It cannot ${pull ? "be pulled" : "go"} further that way`);
			return;
		}
		this.#steps = steps;
		this.moving.value = { ...held, now };
		this.#say(pull ? `${box.w} columns wide, ${box.h} rows high` : `Column ${box.x + 1}, row ${box.y + 1}`);
	}

	#pulled(direction: Direction): Steps {
		const [columns, rows] = PULLS[direction];
		return { ...this.#steps, columns: this.#steps.columns + columns, rows: this.#steps.rows + rows };
	}

	#end(keep: boolean, name?: string): void {
		const held = this.moving.peek();
		this.moving.value = null;
		if (!held) return;
		if (keep && !sameBoxes(held.now, held.start)) this.#drop(held.now);
		if (name !== undefined) this.#say(keep ? `${name} dropped` : `${name} put back`);
	}
}
