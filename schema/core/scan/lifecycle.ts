/**
 * Lifecycle: in each bucket, visitors who are new (first ever seen in it), returning (active in the bucket before,
 * too), resurrecting (active before, but not in the bucket before) or dormant (active in the bucket before, not now).
 * "Ever" is as far as the archive reaches.
 */
import { bucketEdges, type Step, type WeekStart, type Zone } from "../zone.ts";
import { joinNeeds } from "./fields.ts";
import { fieldsOf } from "./match.ts";
import {
	ARCHIVE_START,
	type Asked,
	checkMatches,
	edgeBefore,
	matchedRows,
	namesIn,
	needsOfMatches,
	type Reads,
	type ScanMatch,
} from "./question.ts";
import type { ScanKind, VisitorRows } from "./rows.ts";

export interface LifecycleScan extends Asked {
	kind: "lifecycle";
	/** What makes a visitor active. */
	event: ScanMatch;
	/** As `lifecycleEdges` gives them: begins of the bucket before the first, and of each, and the end of the last. */
	edges: readonly number[];
	now: number;
}

/** Each by bucket. */
export interface LifecyclePartial {
	rowsRead: number;
	new: number[];
	returning: number[];
	resurrecting: number[];
	dormant: number[];
}

/** The buckets of the range that have begun, with the one before them. */
export function lifecycleEdges(
	zone: Zone,
	step: Step,
	range: { from: number; to: number },
	now: number,
	weekStart: WeekStart = "monday",
): number[] {
	const edges = bucketEdges(zone, step, range.from, Math.max(range.from + 1, Math.min(range.to, now + 1)), weekStart);
	const [before = range.from] = bucketEdges(zone, step, (edges[0] as number) - 1, range.from, weekStart);
	return [before, ...edges];
}

export const lifecycle: ScanKind<LifecycleScan, LifecyclePartial> = {
	needs: ({ event, where }) => joinNeeds(needsOfMatches([event]), fieldsOf(where)),
	run: runLifecycle,
	merge: (x, y) => ({
		rowsRead: x.rowsRead + y.rowsRead,
		new: sum(x.new, y.new),
		returning: sum(x.returning, y.returning),
		resurrecting: sum(x.resurrecting, y.resurrecting),
		dormant: sum(x.dormant, y.dormant),
	}),
};

const sum = (x: readonly number[], y: readonly number[]) => x.map((n, i) => n + (y[i] ?? 0));

/** @throws RangeError that says what to change. */
export function checkLifecycle(question: LifecycleScan): void {
	checkMatches(question, [question.event]);
}

/** Who is new, only the whole archive tells. */
export function lifecycleReads({ edges, event }: LifecycleScan): Reads[] {
	return [{ from: ARCHIVE_START, to: edges.at(-1) as number, names: namesIn([event]) }];
}

function runLifecycle(question: LifecycleScan, rows: VisitorRows): LifecyclePartial {
	const edges = Float64Array.from(question.edges);
	const buckets = edges.length - 2;
	const zeros = () => new Array<number>(buckets).fill(0);
	const partial = { rowsRead: rows.rows, new: zeros(), returning: zeros(), resurrecting: zeros(), dormant: zeros() };
	const isMeant = matchedRows(question, question.event, rows);
	const ts = rows.number("ts");
	for (let visitor = 0; visitor + 1 < rows.starts.length; visitor++) {
		// Bucket -1 is the one before the first, -2 all that was before it; -3: never seen.
		let last = -3;
		const after = rows.starts[visitor + 1] as number;
		for (let row = rows.starts[visitor] as number; row < after; row++) {
			if (isMeant[row] === 0 || (ts[row] as number) >= (edges[buckets + 1] as number)) continue;
			const bucket = edgeBefore(edges, ts[row] as number) - 1;
			if (bucket === last) continue;
			count(partial, last, bucket);
			last = bucket;
		}
		if (last >= -1 && last + 1 < buckets) partial.dormant[last + 1] = (partial.dormant[last + 1] as number) + 1;
	}
	return partial;
}

/** A visitor last active in the bucket `last` is active in `bucket`. */
function count(partial: LifecyclePartial, last: number, bucket: number): void {
	if (last >= -1 && last + 1 < bucket) partial.dormant[last + 1] = (partial.dormant[last + 1] as number) + 1;
	if (bucket < 0) return;
	const as = last === -3 ? partial.new : last === bucket - 1 ? partial.returning : partial.resurrecting;
	as[bucket] = (as[bucket] as number) + 1;
}

export interface LifecycleScanAnswer {
	points: {
		t: string;
		new: number;
		returning: number;
		resurrecting: number;
		dormant: number;
		partial: boolean;
	}[];
}

export function finishLifecycle(question: LifecycleScan, partial: LifecyclePartial, zone: Zone): LifecycleScanAnswer {
	const { edges, now } = question;
	return {
		points: partial.new.map((fresh, i) => ({
			t: zone.iso(edges[i + 1] as number),
			new: fresh,
			returning: partial.returning[i] as number,
			resurrecting: partial.resurrecting[i] as number,
			dormant: partial.dormant[i] as number,
			partial: now < (edges[i + 2] as number),
		})),
	};
}
