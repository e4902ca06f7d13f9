/**
 * What differs between two dashboards, and the three-way merge of two changes of one. Panels are known by their id,
 * variables by their name; a field of either is taken as a whole, so that what a merge makes has the right shape.
 */
import type { Dashboard, Difference, Panel, Variable } from "./dashboard.ts";

/** The two sides of a merge. */
export type Side = "mine" | "theirs";

/** Both changed the same, each otherwise: what each did to it. `path` is that of both. */
export interface Conflict {
	path: string;
	mine: Difference;
	theirs: Difference;
}

export interface Merge {
	/** At a conflict it has what `choose` says, without it mine. */
	merged: Dashboard;
	conflicts: Conflict[];
}

const LISTS = ["variables", "panels"] as const;
type List = (typeof LISTS)[number];
type Item = Panel | Variable;
type Fields = Readonly<Record<string, unknown>>;

const keyOf = (item: Item): string => ("grid" in item ? item.id : item.name);
const keysOf = (items: readonly Item[]): string[] => items.map(keyOf);
const byKey = <T extends Item>(items: readonly T[]): Map<string, T> =>
	new Map(items.map((item) => [keyOf(item), item]));
const isList = (field: string): field is List => field === "variables" || field === "panels";

/** In the order of fields, variables, panels; nothing where, and only where, both are the same. */
export function differences(before: Dashboard, after: Dashboard): Difference[] {
	const fields = fieldDifferences(before, after, "").filter(({ path }) => !isList(path.slice(1)));
	return [...fields, ...LISTS.flatMap((list) => listDifferences(list, before[list], after[list]))];
}

function listDifferences(list: List, before: readonly Item[], after: readonly Item[]): Difference[] {
	const [old, now] = [byKey(before), byKey(after)];
	const all = [...new Set([...old.keys(), ...now.keys()])];
	const found = all.flatMap((key) => itemDifferences(`/${list}/${key}`, old.get(key), now.get(key)));
	return [...found, ...orderDifference(list, before, after)];
}

/** Those that are in both stand in another order. */
function orderDifference(list: List, before: readonly Item[], after: readonly Item[]): Difference[] {
	const [old, now] = [keysOf(before), keysOf(after)];
	const was = old.filter((key) => now.includes(key));
	const is = now.filter((key) => old.includes(key));
	return equal(was, is) ? [] : [{ path: `/${list}`, kind: "moved", before: old, after: now }];
}

function itemDifferences(path: string, before: Item | undefined, after: Item | undefined): Difference[] {
	if (before === undefined || after === undefined || before.kind !== after.kind) {
		return wholeDifference(path, before, after);
	}
	const fields = fieldDifferences(before, after, path);
	const [only] = fields;
	const isMove = fields.length === 1 && only?.path === `${path}/grid`;
	return isMove ? [{ ...only, kind: "moved" }] : fields;
}

function fieldDifferences(before: Fields, after: Fields, path: string): Difference[] {
	const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
	return [...fields].flatMap((field) => wholeDifference(`${path}/${field}`, before[field], after[field]));
}

function wholeDifference(path: string, before: unknown, after: unknown): Difference[] {
	if (equal(before, after)) return [];
	if (before === undefined) return [{ path, kind: "added", after }];
	return after === undefined ? [{ path, kind: "removed", before }] : [{ path, kind: "changed", before, after }];
}

/** Whether two JSON values are the same; the order of an object's keys says nothing. */
function equal(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	const [x, y]: [Fields, Fields] = [{ ...a }, { ...b }];
	const keys = Object.keys(x);
	return keys.length === Object.keys(y).length && keys.every((key) => key in y && equal(x[key], y[key]));
}

/** Who is right where both changed the same. */
type Choose = (path: string) => Side;

/**
 * What `base` becomes by both changes. Where only one side changed something, that change stands; where both did
 * otherwise, there is a conflict, and `choose` says whose stands. Without conflicts it is the same whichever side is mine.
 */
export function merge(base: Dashboard, mine: Dashboard, theirs: Dashboard, choose: Choose = () => "mine"): Merge {
	const merger = new Merger(choose);
	const whole = <F extends keyof Dashboard>(field: F) =>
		merger.whole(`/${field}`, base[field], mine[field], theirs[field]);
	const merged: Dashboard = {
		schema_version: whole("schema_version"),
		title: whole("title"),
		description: whole("description"),
		tags: whole("tags"),
		timezone: whole("timezone"),
		time: whole("time"),
		refresh: whole("refresh"),
		variables: merger.list("variables", base.variables, mine.variables, theirs.variables),
		annotations: whole("annotations"),
		panels: merger.list("panels", base.panels, mine.panels, theirs.panels),
	};
	return { merged, conflicts: merger.conflicts };
}

class Merger {
	readonly conflicts: Conflict[] = [];
	readonly #choose: Choose;

	constructor(choose: Choose) {
		this.#choose = choose;
	}

	list<T extends Item>(list: List, base: readonly T[], mine: readonly T[], theirs: readonly T[]): T[] {
		const [b, m, t] = [byKey(base), byKey(mine), byKey(theirs)];
		const merged = new Map<string, T>();
		for (const key of new Set([...b.keys(), ...m.keys(), ...t.keys()])) {
			const item = this.#item(`/${list}/${key}`, b.get(key), m.get(key), t.get(key));
			if (item !== undefined) merged.set(key, item);
		}
		const order = this.#order(list, keysOf(base), keysOf(mine), keysOf(theirs));
		return order.flatMap((key) => merged.get(key) ?? []);
	}

	#item<T extends Item>(path: string, base: T | undefined, mine: T | undefined, theirs: T | undefined): T | undefined {
		const same = base && mine && theirs && base.kind === mine.kind && base.kind === theirs.kind;
		return same ? this.#fields(path, base, mine, theirs) : this.whole(path, base, mine, theirs);
	}

	/** Items of one kind have the same fields. */
	#fields<T extends Item>(path: string, base: T, mine: T, theirs: T): T {
		const merged = { ...mine };
		for (const field in theirs) {
			merged[field] = this.whole(`${path}/${field}`, base[field], mine[field], theirs[field]);
		}
		return merged;
	}

	whole<T>(path: string, base: T, mine: T, theirs: T): T {
		if (equal(mine, theirs) || equal(theirs, base)) return mine;
		if (equal(mine, base)) return theirs;
		return this.#conflict(path, wholeDifference(path, base, mine), wholeDifference(path, base, theirs)) === "mine"
			? mine
			: theirs;
	}

	#conflict(path: string, [mine]: Difference[], [theirs]: Difference[]): Side {
		if (mine && theirs) this.conflicts.push({ path, mine, theirs });
		return this.#choose(path);
	}

	/** Every key of both sides: those of the base as the side that moved them has them, new ones behind their neighbours. */
	#order(list: List, base: string[], mine: string[], theirs: string[]): string[] {
		const everywhere = base.filter((key) => mine.includes(key) && theirs.includes(key));
		const [b, m, t] = [base, mine, theirs].map((keys) => keys.filter((key) => everywhere.includes(key)));
		const moved = this.whole(`/${list}`, b, m, t) ?? [];
		return woven(moved, mine, theirs);
	}
}

/** Runs of keys that are not in `fixed`, by the key of `fixed` that they follow; "" for those before all. */
function runs(fixed: ReadonlySet<string>, keys: readonly string[]): Map<string, string[]> {
	const found = new Map<string, string[]>();
	let after = "";
	for (const key of keys) {
		if (fixed.has(key)) after = key;
		else found.set(after, [...(found.get(after) ?? []), key]);
	}
	return found;
}

/** Where both sides put something in one place, the order of their names decides: it must not matter whose is mine. */
function woven(fixed: readonly string[], mine: readonly string[], theirs: readonly string[]): string[] {
	const known = new Set(fixed);
	const [ofMine, ofTheirs] = [runs(known, mine), runs(known, theirs)];
	const both = (after: string) =>
		[ofMine.get(after) ?? [], ofTheirs.get(after) ?? []].sort((a, b) => (a.join() < b.join() ? -1 : 1)).flat();
	return [...new Set(["", ...fixed].flatMap((key) => [...(key === "" ? [] : [key]), ...both(key)]))];
}
