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

/** Is everything in the same place? */
export const sameBoxes = (a: readonly Box[], b: readonly Box[]): boolean =>
	a.every(({ id, x, y, w, h }, i) => {
		const other = b[i];
		return other?.id === id && other.x === x && other.y === y && other.w === w && other.h === h;
	});

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

/** Rows up or down from another panel's top within which a panel is beside it, and not over or under it. */
const levelOf = (a: Box, b: Box): number => Math.max(1, Math.min(a.h, b.h) / 4);

/** The layout with two boxes in each other's place: beside each other they change sides. Null: others would have to move. */
function exchanged(boxes: readonly Box[], a: Box, b: Box): Box[] | null {
	const [left, right] = a.x < b.x ? [a, b] : [b, a];
	const beside = left.y === right.y && !shareColumns(left, right);
	const places = beside
		? [
				{ ...left, x: right.x + right.w - left.w },
				{ ...right, x: left.x },
			]
		: [
				{ ...a, x: b.x, y: b.y },
				{ ...b, x: a.x, y: a.y },
			];
	const wanted = boxes.map((box) => places.find(({ id }) => id === box.id) ?? box);
	return sameBoxes(compact(wanted), wanted) ? wanted : null;
}

/**
 * A box that is carried onto one beside which it stands changes places with it, where nobody else has to move: it lands
 * there or where it came from, whichever is nearer. Null: it meets nobody like that.
 */
function swapped(boxes: readonly Box[], box: Box, to: { x: number; y: number }): Box[] | null {
	const wanted = inside({ ...box, ...to });
	const landings = boxes.flatMap((other) => {
		if (other.id === box.id || !overlaps(wanted, other) || Math.abs(to.y - other.y) > levelOf(box, other)) return [];
		const layout = exchanged(boxes, box, other);
		return layout ? [{ layout, x: layout.find(({ id }) => id === box.id)?.x ?? other.x }] : [];
	});
	if (landings.length === 0) return null;
	const stays = Math.abs(to.y - box.y) <= levelOf(box, box) ? [{ layout: compact(boxes), x: box.x }] : [];
	const far = (landing: { x: number }) => Math.abs(landing.x - to.x);
	return [...stays, ...landings].toSorted((a, b) => far(a) - far(b))[0]?.layout ?? null;
}

/**
 * Moves a box so that its corner is at (x, y), or as near as gravity and the grid let it. It changes places with one
 * beside which it is carried. Else others make room: it goes over or under another one by whether it has passed the
 * middle of it, with its lower edge where it goes down onto it, else with the upper one.
 */
export function move(boxes: readonly Box[], id: string, to: { x: number; y: number }): Box[] {
	const box = boxes.find((one) => one.id === id);
	if (!box) return compact(boxes);
	const wanted = inside({ ...box, ...to });
	const down = wanted.y > box.y;
	return (
		swapped(boxes, box, to) ??
		put(boxes, wanted, (other) => {
			const onto = down && shareColumns(other, box);
			return middle(other) < (onto ? wanted.y + wanted.h : wanted.y);
		})
	);
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

/** What keys did with a box since it was taken: where it is wanted, and by how much its lower right corner was pulled. */
export interface Steps {
	x: number;
	y: number;
	columns: number;
	rows: number;
}

/** The layout after steps, always from where everything stood when the box was taken: others fall back when it leaves. */
export const walk = (boxes: readonly Box[], id: string, steps: Steps): Box[] =>
	resize(move(boxes, id, { x: steps.x, y: steps.y }), id, "se", steps);

/** The next step in a direction that makes the box land elsewhere, as it is; null: it cannot go further. */
export function step(boxes: readonly Box[], id: string, steps: Steps, direction: Direction): Steps | null {
	const landing = (at: Steps) => walk(boxes, id, at).find((one) => one.id === id);
	const now = landing(steps);
	if (!now) return null;
	const axis = direction === "left" || direction === "right" ? "x" : "y";
	const sign = direction === "left" || direction === "up" ? -1 : 1;
	const most = axis === "x" ? COLUMNS : rowsOf(boxes) + now.h;
	for (let n = 1; n <= most; n++) {
		const next = { ...steps, [axis]: steps[axis] + sign * n };
		const box = landing(next);
		if (box && sign * (box[axis] - now[axis]) > 0 && box.w === now.w && box.h === now.h) return next;
	}
	return null;
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
