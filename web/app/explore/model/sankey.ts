/**
 * Where the nodes and ribbons of a Sankey stand. Columns are levels; a node's place in its column is the mean place of
 * what leads to it (one sweep of the barycentre method), with `(other)` and the ends at the bottom.
 */
import type { PathsAnswer } from "../../../../schema/questions.ts";

export interface SankeyNode {
	id: number;
	level: number;
	label: string;
	count: number;
	x: number;
	y: number;
	height: number;
}

export interface SankeyLink {
	source: number;
	target: number;
	count: number;
	/** Left and right end: top edge, and the ribbon's thickness at both. */
	y0: number;
	y1: number;
	thickness: number;
	/** SVG path of the ribbon. */
	path: string;
}

export interface Sankey {
	nodes: SankeyNode[];
	links: SankeyLink[];
	height: number;
}

export interface SankeyOptions {
	width: number;
	height: number;
	nodeWidth: number;
	/** Between the nodes of a column. */
	gap: number;
	/** previous: level 0, the anchor, is on the right. */
	direction: "next" | "previous";
}

/** Thinner cannot be seen or clicked. */
const LEAST = 3;
const END = /^\((end|start)\)$/;
const OTHER = "(other)";

/** What stands at the bottom of a column: ends, and what passed the limit. */
const rank = (label: string): number => (END.test(label) ? 2 : label === OTHER ? 1 : 0);

export function layoutSankey({ nodes, links }: Pick<PathsAnswer, "nodes" | "links">, options: SankeyOptions): Sankey {
	const columns = columnsOf(nodes);
	const scale = scaleOf(columns, options);
	const last = Math.max(1, columns.length - 1);
	const placed = new Map<number, SankeyNode>();
	for (const [level, column] of columns.entries()) {
		const at = options.direction === "next" ? level : last - level;
		const x = (at / last) * (options.width - options.nodeWidth);
		let y = 0;
		for (const node of sorted(column, links, placed)) {
			const height = Math.max(LEAST, node.count * scale);
			placed.set(node.id, { ...node, x, y, height });
			y += height + options.gap;
		}
	}
	const all = [...placed.values()];
	return {
		nodes: all,
		links: ribbons(links, placed, scale, options.nodeWidth),
		height: Math.max(options.height, ...all.map((node) => node.y + node.height)),
	};
}

function columnsOf(nodes: PathsAnswer["nodes"]): PathsAnswer["nodes"][] {
	const columns: PathsAnswer["nodes"][] = [];
	for (const node of nodes) {
		columns[node.level] ??= [];
		columns[node.level]?.push(node);
	}
	return Array.from(columns, (column) => column ?? []);
}

/** Pixels a visit: the fullest column fills the height. */
function scaleOf(columns: readonly PathsAnswer["nodes"][], { height, gap }: SankeyOptions): number {
	const scales = columns.flatMap((column) => {
		const count = column.reduce((sum, node) => sum + node.count, 0);
		return count > 0 ? [Math.max(0, height - gap * (column.length - 1)) / count] : [];
	});
	return scales.length > 0 ? Math.min(...scales) : 0;
}

function sorted(
	column: PathsAnswer["nodes"],
	links: PathsAnswer["links"],
	placed: ReadonlyMap<number, SankeyNode>,
): PathsAnswer["nodes"] {
	const centre = new Map(column.map((node) => [node.id, barycentre(node.id, links, placed)]));
	return column.toSorted(
		(a, b) =>
			rank(a.label) - rank(b.label) ||
			(centre.get(a.id) ?? 0) - (centre.get(b.id) ?? 0) ||
			b.count - a.count ||
			a.id - b.id,
	);
}

/** Mean height of the nodes already placed that this one is linked to, by how many went that way. */
function barycentre(id: number, links: PathsAnswer["links"], placed: ReadonlyMap<number, SankeyNode>): number {
	let weight = 0;
	let sum = 0;
	for (const { source, target, count } of links) {
		const other = source === id ? placed.get(target) : target === id ? placed.get(source) : undefined;
		if (!other) continue;
		weight += count;
		sum += count * (other.y + other.height / 2);
	}
	return weight === 0 ? 0 : sum / weight;
}

function ribbons(
	links: PathsAnswer["links"],
	placed: ReadonlyMap<number, SankeyNode>,
	scale: number,
	nodeWidth: number,
): SankeyLink[] {
	const ends = links.flatMap((link) => {
		const a = placed.get(link.source);
		const b = placed.get(link.target);
		if (!a || !b) return [];
		const [left, right] = a.x <= b.x ? [a, b] : [b, a];
		return [{ link, left, right, thickness: Math.max(1, link.count * scale) }];
	});
	const leftTops = tops(
		ends,
		(e) => e.left,
		(e) => e.right,
	);
	const rightTops = tops(
		ends,
		(e) => e.right,
		(e) => e.left,
	);
	return ends.map((end) => {
		const { link, left, right, thickness } = end;
		const y0 = leftTops.get(end) ?? 0;
		const y1 = rightTops.get(end) ?? 0;
		return { ...link, y0, y1, thickness, path: ribbon(left.x + nodeWidth, y0, right.x, y1, thickness) };
	});
}

/** Where each ribbon meets a node: in the order of its other end, so that ribbons of one node do not cross. */
function tops<E extends { thickness: number }>(
	ends: readonly E[],
	node: (end: E) => SankeyNode,
	other: (end: E) => SankeyNode,
): Map<E, number> {
	const next = new Map<number, number>();
	const found = new Map<E, number>();
	for (const end of ends.toSorted((a, b) => other(a).y - other(b).y)) {
		const { id, y, height } = node(end);
		const at = next.get(id) ?? y;
		// A ribbon that was widened to be seen must not leave its node.
		found.set(end, Math.max(y, Math.min(at, y + height - end.thickness)));
		next.set(id, at + end.thickness);
	}
	return found;
}

function ribbon(x0: number, y0: number, x1: number, y1: number, thickness: number): string {
	const middle = (x0 + x1) / 2;
	const n = (value: number) => Number(value.toFixed(1));
	return (
		`M${n(x0)} ${n(y0)}C${n(middle)} ${n(y0)} ${n(middle)} ${n(y1)} ${n(x1)} ${n(y1)}` +
		`V${n(y1 + thickness)}C${n(middle)} ${n(y1 + thickness)} ${n(middle)} ${n(y0 + thickness)} ${n(x0)} ${n(y0 + thickness)}Z`
	);
}

/** May this node be the next anchor? Ends and what passed the limit are no events. */
export const isEvent = (label: string): boolean => rank(label) === 0;
