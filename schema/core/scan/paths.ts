/** Paths: what visitors did next after an event, or just before it, step by step. */

import { PAGEVIEW } from "../flag.ts";
import { cutValue, NONE } from "../label.ts";
import { joinNeeds, needsOf } from "./fields.ts";
import { fieldsOf } from "./match.ts";
import {
	type Asked,
	checkMatches,
	chosenRows,
	matchedRows,
	needsOfMatches,
	type Reads,
	type ScanMatch,
} from "./question.ts";
import type { ScanKind, TextColumn, VisitorRows } from "./rows.ts";
import { SESSION_NEEDS, sessionsOf } from "./sessions.ts";
import { Trie, type TriePartial } from "./trie.ts";

/** Nodes of a partial result, and while it is made (I8): about 100 bytes each. */
const MAX_NODES = 20_000;
const MAX_OPEN_NODES = 200_000;
/** Where nothing follows, or nothing came before. */
export const END = "(end)";
export const START = "(start)";

/**
 * Every occurrence of the anchor in the range is one path. Events of the same label that follow each other are one
 * step; so are occurrences of an anchor that do.
 */
export interface PathsScan extends Asked {
	kind: "paths";
	anchor: ScanMatch;
	direction: "next" | "previous";
	/** What a step is. page: the path of a page view, others are passed over. event: its name. */
	by: "page_or_event" | "page" | "event";
	depth: number;
	/** Nodes shown at each step, beside `(end)` and `(other)`. */
	limit: number;
	/** Steps of one session only; events that take part in none are passed over. */
	within: "session" | "visitor";
}

/** The tree of what follows the anchor: node 0 counts its occurrences. */
export interface PathsPartial {
	rowsRead: number;
	exact: boolean;
	tree: TriePartial;
}

export const paths: ScanKind<PathsScan, PathsPartial> = {
	needs: ({ anchor, where, by, within }) =>
		joinNeeds(
			needsOfMatches([anchor]),
			fieldsOf(where),
			needsOf(by === "event" ? [] : ["path"]),
			within === "session" ? SESSION_NEEDS : needsOf([]),
		),
	run: runPaths,
	merge: mergePaths,
};

/** @throws RangeError that says what to change. */
export function checkPaths(question: PathsScan): void {
	checkMatches(question, [question.anchor]);
}

export function pathsReads({ from, to }: PathsScan): Reads[] {
	return [{ from, to, names: null }];
}

function mergePaths(x: PathsPartial, y: PathsPartial): PathsPartial {
	const trie = new Trie();
	trie.addAll(x.tree);
	trie.addAll(y.tree);
	return finished(x.rowsRead + y.rowsRead, trie);
}

function finished(rowsRead: number, trie: Trie): PathsPartial {
	const tree = trie.partial(MAX_NODES);
	return { rowsRead, exact: tree.exact, tree };
}

function runPaths(question: PathsScan, rows: VisitorRows): PathsPartial {
	const walk = new Walk(question);
	const isAnchor = matchedRows(question, question.anchor, rows);
	const chosen = chosenRows(question, rows);
	const labelOf = labelling(question, rows, walk);
	const sessions = question.within === "session" ? sessionsOf(rows).of : null;
	const ts = rows.number("ts");
	let unit = -1;
	for (let visitor = 0; visitor + 1 < rows.starts.length; visitor++) {
		walk.end();
		const after = rows.starts[visitor + 1] as number;
		for (let row = rows.starts[visitor] as number; row < after; row++) {
			const t = ts[row] as number;
			if (t < question.from || t >= question.to || (chosen !== null && chosen[row] === 0)) continue;
			const session = sessions === null ? visitor : (sessions[row] as number);
			if (session < 0) continue;
			if (session !== unit) walk.end();
			unit = session;
			walk.add(labelOf(row), isAnchor[row] === 1);
		}
	}
	walk.end();
	return finished(rows.rows, walk.trie);
}

/** The number of an event's label, -1 where it is no step. */
function labelling({ by }: PathsScan, rows: VisitorRows, walk: Walk): (row: number) => number {
	const name = rows.text("name");
	const names = numbering(name, walk);
	if (by === "event") return (row) => names(name.index[row] as number);
	const path = rows.text("path");
	const pages = numbering(path, walk);
	const pageview = name.values.indexOf(PAGEVIEW);
	return (row) => {
		const named = name.index[row] as number;
		if (named === pageview) return pages(path.index[row] as number);
		return by === "page" ? -1 : names(named);
	};
}

/** Texts as labels of the tree, each looked up once. */
function numbering({ values }: TextColumn, walk: Walk): (at: number) => number {
	const numbers = new Int32Array(values.length).fill(-1);
	return (at) => {
		if ((numbers[at] as number) < 0) {
			const text = values[at] as string;
			numbers[at] = walk.label(text === "" ? NONE : cutValue(text));
		}
		return numbers[at] as number;
	};
}

/** The steps of one session or visitor, as they come. An anchor that is no step itself stands between steps, as -1. */
class Walk {
	trie = new Trie();
	readonly #question: PathsScan;
	readonly #labels: number[] = [];
	readonly #anchors: boolean[] = [];
	/** Labels by number: a tree that was cut starts numbering anew. */
	readonly #names: string[] = [];
	readonly #numbers = new Map<string, number>();

	constructor(question: PathsScan) {
		this.#question = question;
	}

	label(name: string): number {
		let at = this.#numbers.get(name);
		if (at === undefined) {
			at = this.#names.push(name) - 1;
			this.#numbers.set(name, at);
		}
		return at;
	}

	add(label: number, isAnchor: boolean): void {
		if (label < 0 && !isAnchor) return;
		const last = this.#labels.length - 1;
		if (last >= 0 && this.#labels[last] === label) {
			this.#anchors[last] ||= isAnchor;
			return;
		}
		this.#labels.push(label);
		this.#anchors.push(isAnchor);
	}

	/** Counts the path of each anchor, and forgets the steps. */
	end(): void {
		for (let at = 0; at < this.#labels.length; at++) if (this.#anchors[at] === true) this.#count(at);
		this.#labels.length = 0;
		this.#anchors.length = 0;
		if (this.trie.size > MAX_OPEN_NODES) this.#cut();
	}

	#count(anchor: number): void {
		const { direction, depth } = this.#question;
		const step = direction === "next" ? 1 : -1;
		const { trie } = this;
		let node = 0;
		let level = 0;
		let before = this.#labels[anchor] as number;
		trie.add(node, 1);
		for (let at = anchor + step; level < depth && at >= 0 && at < this.#labels.length; at += step) {
			const label = this.#labels[at] as number;
			if (label < 0 || label === before) continue;
			node = trie.child(node, trie.intern(this.#names[label] as string));
			trie.add(node, 1);
			before = label;
			level++;
		}
		if (level < depth) trie.add(trie.child(node, trie.intern(direction === "next" ? END : START)), 1);
	}

	#cut(): void {
		const trie = new Trie();
		trie.addAll(this.trie.partial(MAX_NODES));
		this.trie = trie;
	}
}
