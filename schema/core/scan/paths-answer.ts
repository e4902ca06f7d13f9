/** A tree of paths as the nodes and links of a Sankey, level by level. */
import { OTHER } from "../label.ts";
import { END, type PathsPartial, type PathsScan, START } from "./paths.ts";

export interface PathsScanAnswer {
	total: number;
	nodes: { id: number; level: number; label: string; count: number }[];
	links: { source: number; target: number; count: number }[];
}

/** The same label at the same level is one node, whatever the way to it. Past the limit of a level it is `(other)`. */
export function finishPaths({ limit, anchor }: PathsScan, { tree }: PathsPartial): PathsScanAnswer {
	const levels = levelsOf(tree);
	const shown = levels.counts.map((counts) => top(counts, limit));
	const shownAs = (level: number, label: string) => (shown[level]?.has(label) === true ? label : OTHER);
	const sankey = new Sankey(anchor.label, tree.count[0] ?? 0);
	const left = [...tree.count];
	const ids = tree.count.map(() => 0);
	for (let i = 1; i < tree.count.length; i++) {
		const [level, count] = [levels.of[i] as number, tree.count[i] as number];
		const parent = tree.parent[i] as number;
		left[parent] = (left[parent] as number) - count;
		const id = sankey.node(level, shownAs(level, tree.labels[tree.label[i] as number] as string), count);
		ids[i] = id;
		sankey.link(ids[parent] as number, id, count);
	}
	if (!tree.exact) addWhatWasCut(sankey, tree, levels.of, left, ids);
	return sankey.answer();
}

interface Levels {
	/** By node of the tree: its level. */
	of: number[];
	/** By level: the count of each label. */
	counts: Map<string, number>[];
}

function levelsOf(tree: PathsPartial["tree"]): Levels {
	const of = [0];
	const counts: Map<string, number>[] = [];
	for (let i = 1; i < tree.count.length; i++) {
		const level = (of[tree.parent[i] as number] as number) + 1;
		of.push(level);
		const label = tree.labels[tree.label[i] as number] as string;
		const known = counts[level] ?? new Map<string, number>();
		counts[level] = known;
		known.set(label, (known.get(label) ?? 0) + (tree.count[i] as number));
	}
	return { of, counts };
}

/** The largest labels, among equals by name; the end of a path is always shown. */
function top(counts: ReadonlyMap<string, number> | undefined, limit: number): Set<string> {
	const isEnd = (label: string) => label === END || label === START;
	const labels = [...(counts ?? [])].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label);
	return new Set([...labels.filter((label) => !isEnd(label)).slice(0, limit), ...labels.filter(isEnd)]);
}

/** What a parent counts and its children do not: rare branches that were given up. */
function addWhatWasCut(
	sankey: Sankey,
	{ label, labels, count }: PathsPartial["tree"],
	levels: readonly number[],
	left: readonly number[],
	ids: readonly number[],
): void {
	const deepest = levels.reduce((most, level) => Math.max(most, level), 0);
	for (let i = 0; i < count.length; i++) {
		const isEnd = i > 0 && [END, START].includes(labels[label[i] as number] as string);
		const [level, cut] = [levels[i] as number, left[i] as number];
		if (cut > 0 && level < deepest && !isEnd) sankey.link(ids[i] as number, sankey.node(level + 1, OTHER, cut), cut);
	}
}

class Sankey {
	readonly #total: number;
	readonly #nodes: PathsScanAnswer["nodes"] = [];
	readonly #byLabel = new Map<string, number>();
	readonly #links = new Map<string, PathsScanAnswer["links"][number]>();

	constructor(anchor: string, total: number) {
		this.#total = total;
		this.node(0, anchor, total);
	}

	node(level: number, label: string, count: number): number {
		const key = `${level} ${label}`;
		const known = this.#byLabel.get(key);
		if (known === undefined) {
			const id = this.#nodes.length;
			this.#nodes.push({ id, level, label, count });
			this.#byLabel.set(key, id);
			return id;
		}
		const node = this.#nodes[known];
		if (node !== undefined) node.count += count;
		return known;
	}

	link(source: number, target: number, count: number): void {
		const key = `${source} ${target}`;
		const link = this.#links.get(key);
		if (link === undefined) this.#links.set(key, { source, target, count });
		else link.count += count;
	}

	/** By level, the largest first, `(other)` and the ends last; numbered in that order, links too. */
	answer(): PathsScanAnswer {
		const rank = (label: string) => (label === OTHER ? 1 : label === END || label === START ? 2 : 0);
		const nodes = [...this.#nodes].sort(
			(a, b) => a.level - b.level || rank(a.label) - rank(b.label) || b.count - a.count || (a.label < b.label ? -1 : 1),
		);
		const to = new Map(nodes.map((node, id) => [node.id, id]));
		const links = [...this.#links.values()].map(({ source, target, count }) => {
			return { source: to.get(source) ?? 0, target: to.get(target) ?? 0, count };
		});
		links.sort((a, b) => a.source - b.source || a.target - b.target);
		return { total: this.#total, nodes: nodes.map((node, id) => ({ ...node, id })), links };
	}
}
