/** A closed hour as Analytics Engine points: at most once, and never amended. */

import type { Cell } from "../../schema/core/cell.ts";
import { decodePart } from "../../schema/core/window.ts";
import { OTHER } from "../../schema/metric.ts";
import { type PhysicalPoint, type PointPart, type PointRow, toPoint } from "../../schema/points.ts";
import type { StoredWindow } from "../../schema/rollup.ts";
import type { Env } from "../env.ts";
import { type HourKey, markPoints, pointsOf } from "../store/points.ts";

/** Limits of Analytics Engine. Past them it throws or drops in production and is silent locally, so we count. */
export const POINT_LIMITS = {
	perInvocation: 250,
	blobs: 20,
	blobBytes: 16 * 1024,
	doubles: 20,
	indexBytes: 96,
} as const;

const utf8 = new TextEncoder();
const bytesOf = (texts: string[]) => texts.reduce((sum, text) => sum + utf8.encode(text).length, 0);

/** The dataset, with its limits: one for an invocation. */
export class PointWriter {
	readonly #dataset: AnalyticsEngineDataset;
	#free: number = POINT_LIMITS.perInvocation;
	#written = 0;

	constructor(dataset: AnalyticsEngineDataset) {
		this.#dataset = dataset;
	}

	/**
	 * Reserves up to `wanted` points and answers how many: windows are written side
	 * by side, and between the count and the writing lies the mark.
	 */
	reserve(wanted: number): number {
		const granted = Math.min(wanted, this.#free);
		this.#free -= granted;
		return granted;
	}

	/** Gives back what was reserved and is not written. */
	release(points: number): void {
		this.#free += points;
	}

	/** @throws RangeError past a limit. */
	write(point: PhysicalPoint): void {
		if (this.#written >= POINT_LIMITS.perInvocation) {
			throw new RangeError(`more than ${POINT_LIMITS.perInvocation} points in an invocation`);
		}
		assertFits(point);
		this.#written++;
		this.#dataset.writeDataPoint(point);
	}
}

function assertFits({ indexes, blobs, doubles }: PhysicalPoint): void {
	if (bytesOf(indexes) > POINT_LIMITS.indexBytes) throw new RangeError("an index above 96 bytes");
	if (blobs.length > POINT_LIMITS.blobs) throw new RangeError("more than 20 blobs");
	if (bytesOf(blobs) > POINT_LIMITS.blobBytes) throw new RangeError("blobs above 16 KB");
	if (doubles.length > POINT_LIMITS.doubles) throw new RangeError("more than 20 doubles");
}

interface NamedCell {
	part: PointPart;
	dimension: string;
	value: string;
	cell: Cell;
}

/** Order in which points are written: it must not depend on the window, because the mark is a place in it. */
const RANK: Record<PointPart, number> = { total: 0, dim: 1, hit: 2 };
const keyOf = ({ part, dimension, value }: NamedCell) => [RANK[part], dimension, value].join("\x1f");

const isPointPart = (part: string): part is PointPart => Object.hasOwn(RANK, part);

/** The cells of one part of a window; of the cube none, its marginals say it in fewer points. */
function* cellsOf(part: string, window: StoredWindow): Generator<NamedCell> {
	const [kind = "", dimension = ""] = part.split(":", 2);
	if (!isPointPart(kind)) return;
	const { labels, cells, other } = decodePart(window.sections.filter((section) => section.part === part));
	for (const [i, cell] of cells.entries()) yield { part: kind, dimension, value: labels[0]?.[i] ?? "", cell };
	if (other) yield { part: kind, dimension, value: OTHER, cell: other };
}

/** The points of a window, with their keys, in the order of the keys. */
export function pointsOfWindow(key: HourKey, zone: string, window: StoredWindow): { key: string; row: PointRow }[] {
	const parts = [...new Set(window.sections.map((section) => section.part))];
	const points = parts.flatMap((part) =>
		Array.from(cellsOf(part, window), (named) => ({ key: keyOf(named), row: toRow(key, zone, named) })),
	);
	return points.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const toRow = (key: HourKey, zone: string, { part, dimension, value, cell }: NamedCell): PointRow => ({
	tenant: key.tenant,
	metric: key.metric,
	part,
	dimension,
	value,
	zone,
	hour: key.bucket / 1000,
	count: cell.count,
	values: cell.values,
	sum: cell.sum,
	min: cell.min,
	max: cell.max,
	views: cell.views,
	bounces: cell.bounces,
	uniques: Math.round(cell.uniques?.count() ?? 0),
});

/**
 * Writes the points of a closed hour that are not written yet, as far as this invocation may. The mark in D1 is moved
 * first: a crash between loses points, never doubles them. `later`: call again in another invocation.
 */
export async function writePoints(
	env: Env,
	writer: PointWriter,
	key: HourKey,
	zone: string,
	window: StoredWindow,
	now: number,
): Promise<"done" | "later"> {
	const { cursor, done } = await pointsOf(env, key);
	if (done) return "done";
	const waiting = pointsOfWindow(key, zone, window).filter((point) => cursor === null || point.key > cursor);
	const these = waiting.slice(0, writer.reserve(waiting.length));
	const finished = these.length === waiting.length;
	const mark = { cursor: these.at(-1)?.key ?? cursor, points: these.length, done: finished };
	if (!(await markPoints(env, key, cursor, mark, now))) {
		writer.release(these.length);
		return "later";
	}
	for (const { row } of these) writer.write(toPoint(row));
	return finished ? "done" : "later";
}
