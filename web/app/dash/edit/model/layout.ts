/**
 * Where panels stand: a grid of columns in which nothing overlaps and everything falls up until it meets something.
 * Every function takes a whole layout and answers a whole one; none of them changes what it was given.
 */
import { COLUMNS } from "../../../../../schema/dashboard.ts";

/** A panel's place: columns and rows, as `Grid` of schema/dashboard.ts. */
export interface Box {
	id: string;
	x: number;
	y: number;
	w: number;
	h: number;
}

/** As `Grid` bounds them. */
export const LEAST = 2;
export const MOST_ROWS = 60;

/** Sides of a panel that can be pulled. Not the upper one: gravity decides where a panel begins. */
export const EDGES = ["e", "s", "w", "se", "sw"] as const;
export type Edge = (typeof EDGES)[number];
export type Direction = "left" | "right" | "up" | "down";

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const byPlace = (a: Box, b: Box): number => a.y - b.y || a.x - b.x;
const middle = (box: Box): number => box.y + box.h / 2;
const shareColumns = (a: Box, b: Box): boolean => a.x < b.x + b.w && b.x < a.x + a.w;

export const overlaps = (a: Box, b: Box): boolean => shareColumns(a, b) && a.y < b.y + b.h && b.y < a.y + a.h;

/** Whole numbers inside the grid. */
function inside(box: Box): Box {
	const w = clamp(Math.round(box.w), LEAST, COLUMNS);
	return {
		...box,
		w,
		h: clamp(Math.round(box.h), LEAST, MOST_ROWS),
		x: clamp(Math.round(box.x), 0, COLUMNS - w),
		y: Math.max(0, Math.round(box.y)),
	};
}

/** Lets boxes fall up, each onto those before it in the list. */
function stack(boxes: readonly Box[]): Map<string, Box> {
	const heights = new Array<number>(COLUMNS).fill(0);
	const placed = new Map<string, Box>();
	for (const box of boxes) {
		const y = Math.max(...heights.slice(box.x, box.x + box.w));
		heights.fill(y + box.h, box.x, box.x + box.w);
		placed.set(box.id, { ...box, y });
	}
	return placed;
}

/** The list in its own order, with the places of `placed`. */
const inOrder = (boxes: readonly Box[], placed: Map<string, Box>): Box[] =>
	boxes.map((box) => placed.get(box.id) ?? box);

/** Everything falls up. Idempotent; boxes that stand on what is above them stay. */
export const compact = (boxes: readonly Box[]): Box[] => inOrder(boxes, stack(boxes.map(inside).toSorted(byPlace)));

/**
 * Puts a box where it is wanted; others make room. Those that are `passed` stay over it, and what lies over those; the
 * rest goes under.
 */
function put(boxes: readonly Box[], wanted: Box, passed: (other: Box) => boolean): Box[] {
	const others = boxes
		.filter((box) => box.id !== wanted.id)
		.map(inside)
		.toSorted(byPlace);
	const over: Box[] = [];
	const under: Box[] = [];
	// From below: whatever stands on one that stays over stays over, too.
	for (const box of others.toReversed())
		(passed(box) || over.some((one) => shareColumns(one, box)) ? over : under).unshift(box);
	return inOrder(boxes, stack([...over, inside(wanted), ...under]));
}

/**
 * Moves a box so that its corner is at (x, y), or as near as gravity and the grid let it. It changes places with another
 * one once it has passed the middle of it: with its lower edge where it goes down onto it, else with the upper one.
 */
export function move(boxes: readonly Box[], id: string, to: { x: number; y: number }): Box[] {
	const box = boxes.find((one) => one.id === id);
	if (!box) return compact(boxes);
	const wanted = inside({ ...box, ...to });
	const down = wanted.y > box.y;
	return put(boxes, wanted, (other) => {
		const onto = down && shareColumns(other, box);
		return middle(other) < (onto ? wanted.y + wanted.h : wanted.y);
	});
}

/** Pulls an edge or a corner by columns and rows. */
export function resize(boxes: readonly Box[], id: string, edge: Edge, by: { columns: number; rows: number }): Box[] {
	const box = boxes.find((one) => one.id === id);
	if (!box) return compact(boxes);
	const right = box.x + box.w;
	let { x, w, h } = box;
	if (edge.includes("e")) w = clamp(Math.round(box.w + by.columns), LEAST, COLUMNS - box.x);
	if (edge.includes("w")) {
		x = clamp(Math.round(box.x + by.columns), 0, right - LEAST);
		w = right - x;
	}
	if (edge.includes("s")) h = clamp(Math.round(box.h + by.rows), LEAST, MOST_ROWS);
	return put(boxes, { ...box, x, w, h }, (other) => middle(other) < box.y);
}

/** One step by keyboard: a column aside, or over or under the next panel in the way. */
export function nudge(boxes: readonly Box[], id: string, direction: Direction): Box[] {
	const box = boxes.find((one) => one.id === id);
	if (!box) return compact(boxes);
	if (direction === "left") return move(boxes, id, { x: box.x - 1, y: box.y });
	if (direction === "right") return move(boxes, id, { x: box.x + 1, y: box.y });
	const meets = boxes.filter((one) => one.id !== id && shareColumns(one, box));
	if (direction === "up") {
		const above = meets.filter((one) => one.y < box.y).toSorted((a, b) => b.y + b.h - (a.y + a.h))[0];
		return above ? move(boxes, id, { x: box.x, y: above.y }) : compact(boxes);
	}
	const below = meets.filter((one) => one.y > box.y).toSorted(byPlace)[0];
	if (!below) return compact(boxes);
	return move(boxes, id, { x: box.x, y: Math.max(box.y + 1, Math.floor(middle(below)) - box.h + 1) });
}

/** The first place, from the top and then from the left, where a box of this size is free. */
export function freePlace(boxes: readonly Box[], size: { w: number; h: number }): { x: number; y: number } {
	const { w, h } = inside({ id: "", x: 0, y: 0, ...size });
	const bottom = Math.max(0, ...boxes.map((box) => box.y + box.h));
	for (let y = 0; y < bottom; y++)
		for (let x = 0; x <= COLUMNS - w; x++) {
			const box = { id: "", x, y, w, h };
			if (!boxes.some((other) => overlaps(other, box))) return { x, y };
		}
	return { x: 0, y: bottom };
}

/** Rows that the layout takes. */
export const rowsOf = (boxes: readonly Box[]): number => Math.max(0, ...boxes.map((box) => box.y + box.h));

/** Order of reading, for screens with one column: changes places with the neighbour. */
export function swapInOrder(boxes: readonly Box[], id: string, by: -1 | 1): Box[] {
	const order = boxes.toSorted(byPlace);
	const at = order.findIndex((box) => box.id === id);
	const box = order[at];
	const other = order[at + by];
	if (!box || !other) return compact(boxes);
	const [first, second] = by === 1 ? [other, box] : [box, other];
	// Beside each other: they change sides. Over each other: the lower one goes first.
	if (first.y === second.y && !shareColumns(first, second)) {
		const [left, right] = by === 1 ? [box, other] : [other, box];
		const swapped = boxes.map((one) => {
			if (one.id === left.id) return { ...one, x: right.x + right.w - left.w };
			return one.id === right.id ? { ...one, x: left.x } : one;
		});
		return compact(swapped);
	}
	const rest = order.filter((one) => one.id !== first.id && one.id !== second.id).map(inside);
	const before = rest.filter((one) => byPlace(one, by === 1 ? box : other) < 0);
	const after = rest.filter((one) => byPlace(one, by === 1 ? box : other) >= 0);
	return inOrder(boxes, stack([...before, inside(first), inside(second), ...after]));
}
