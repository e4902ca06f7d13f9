/** A panel on its way: by pointer or by keys. Nothing of it is in the history until it is dropped. */
import { signal } from "@preact/signals";
import { COLUMNS } from "../../../../schema/dashboard.ts";
import { type Box, compact, type Direction, type Edge, move, nudge, resize } from "./model/layout.ts";

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
const PULLS: Record<Direction, { columns: number; rows: number }> = {
	left: { columns: -1, rows: 0 },
	right: { columns: 1, rows: 0 },
	up: { columns: 0, rows: -1 },
	down: { columns: 0, rows: 1 },
};

/** What of a key press matters here. */
export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "preventDefault" | "stopPropagation">;

export class Mover {
	readonly moving = signal<Moving | null>(null);
	readonly #drop: (boxes: readonly Box[]) => void;
	readonly #say: (text: string) => void;
	#frame = 0;

	/** `drop`: takes the layout that was made. `say`: tells those who do not see it. */
	constructor(drop: (boxes: readonly Box[]) => void, say: (text: string) => void) {
		this.#drop = drop;
		this.#say = say;
	}

	/** A pointer went down on a handle (`edge`: on that edge) of a grid that is as wide, and whose rows are as high, px. */
	take(
		event: PointerEvent,
		boxes: readonly Box[],
		id: string,
		{ width, row }: { width: number; row: number },
		edge?: Edge,
	): void {
		if (event.button !== 0 || !(event.currentTarget instanceof HTMLElement)) return;
		event.preventDefault();
		const handle = event.currentTarget;
		const start = compact(boxes);
		const from = start.find((box) => box.id === id);
		if (!from) return;
		handle.setPointerCapture(event.pointerId);
		handle.focus({ preventScroll: true });
		const column = width / COLUMNS;
		const origin = { x: event.clientX + scrollX, y: event.clientY + scrollY };
		let last = { x: event.clientX, y: event.clientY };
		const follow = () => {
			const dx = last.x + scrollX - origin.x;
			const dy = last.y + scrollY - origin.y;
			const now = edge
				? resize(start, id, edge, { columns: dx / column, rows: dy / row })
				: move(start, id, { x: from.x + dx / column, y: from.y + dy / row });
			this.moving.value = { id, by: edge ? "resize" : "drag", start, now, dx, dy };
		};
		const onMove = (moved: PointerEvent) => {
			last = { x: moved.clientX, y: moved.clientY };
			follow();
			this.#scroll(() => last.y, follow);
		};
		const end = (keep: boolean) => {
			cancelAnimationFrame(this.#frame);
			this.#frame = 0;
			handle.removeEventListener("pointermove", onMove);
			handle.removeEventListener("pointerup", onUp);
			handle.removeEventListener("pointercancel", onCancel);
			removeEventListener("keydown", onKey, true);
			this.#end(keep);
		};
		const onUp = () => end(true);
		const onCancel = () => end(false);
		const onKey = (key: KeyboardEvent) => {
			if (key.key !== "Escape") return;
			key.preventDefault();
			key.stopPropagation();
			end(false);
		};
		handle.addEventListener("pointermove", onMove);
		handle.addEventListener("pointerup", onUp);
		handle.addEventListener("pointercancel", onCancel);
		addEventListener("keydown", onKey, true);
	}

	/** Scrolls on, frame by frame, for as long as the pointer stays near an end of the window. */
	#scroll(at: () => number, follow: () => void): void {
		if (this.#frame !== 0) return;
		let last = performance.now();
		const step = (now: number) => {
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
			this.#frame = requestAnimationFrame(step);
		};
		this.#frame = requestAnimationFrame(step);
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
		this.moving.value = { id, by: "keys", start, now: start, dx: 0, dy: 0 };
		this.#say(`${name} taken. Arrows move it, Shift and arrows resize it, Enter drops it, Escape puts it back.`);
	}

	#step(held: Moving, direction: Direction, pull: boolean): void {
		const now = pull ? resize(held.now, held.id, "se", PULLS[direction]) : nudge(held.now, held.id, direction);
		this.moving.value = { ...held, now };
		const box = now.find(({ id }) => id === held.id);
		const before = held.now.find(({ id }) => id === held.id);
		if (!box || !before) return;
		if (pull) this.#say(`${box.w} columns wide, ${box.h} rows high`);
		else if (box.x === before.x && box.y === before.y) this.#say("It cannot go further that way");
		else this.#say(`Column ${box.x + 1}, row ${box.y + 1}`);
	}

	#end(keep: boolean, name?: string): void {
		const held = this.moving.peek();
		this.moving.value = null;
		if (!held) return;
		if (keep) this.#drop(held.now);
		if (name !== undefined) this.#say(keep ? `${name} dropped` : `${name} put back`);
	}
}
