/** Reads what a plan says, in the order of time, and folds it into a series. Knows what to do when a store is down. */
import { SeriesFold, type SeriesPlan, type SeriesResult } from "../../schema/core/series.ts";
import { Problem } from "../../schema/problem.ts";
import type { Meta } from "../../schema/query.ts";
import { GRAIN_MS, type Read } from "./plan.ts";
import { type EngineSource, engineCan } from "./sources/engine.ts";
import { type Chunk, type Source, TooSlow } from "./sources/source.ts";

export interface Sources {
	window: Source;
	d1: Source;
	/** Null where Analytics Engine cannot be read. */
	engine: EngineSource | null;
}

export type SourceName = Meta["sources"][number];

export interface Fetched {
	sources: Set<SourceName>;
	behindMs: number;
	/** Stored rows (sections, or points) that were read. */
	rowsRead: number;
	sampled: boolean;
	/** A store did not answer: part of the range is missing, or older than it could be. */
	stale: boolean;
	/** Share of the visitors that a scan read before its budget ran out; 1: all. */
	coverage: number;
}

/** What one series asks for. */
export interface Wanted {
	plan: SeriesPlan;
	reads: readonly Read[];
	/** Exactly these groups (previous period, divisor); null: the largest. */
	only: readonly (readonly string[])[] | null;
	/** IANA zone in which the stored hours are cut. */
	siteZone: string;
}

/** Open windows reach D1 at most this late (architecture: announced every 5 min) while their object is up. */
const D1_BEHIND_MS = 300_000;

/**
 * The series, read from where the plan says. `spend` is called before each chunk, and throws where the question has
 * used up its time. Problem 503 or 504 where no store that the range needs answers.
 */
export async function fetchSeries(
	wanted: Wanted,
	sources: Sources,
	spend: () => void,
): Promise<[SeriesResult, Fetched]> {
	const fetched: Fetched = { sources: new Set(), behindMs: 0, rowsRead: 0, sampled: false, stale: false, coverage: 1 };
	let result = await pass(wanted, sources, fetched, spend);
	if (result.again !== null) result = await pass({ ...wanted, only: result.again }, sources, fetched, spend);
	return [result, fetched];
}

const newFold = ({ plan, only }: Wanted) => new SeriesFold(plan, only ?? undefined);

async function pass(wanted: Wanted, sources: Sources, fetched: Fetched, spend: () => void): Promise<SeriesResult> {
	const { plan, reads } = wanted;
	const fold = newFold(wanted);
	let failure: unknown = null;
	for (const read of reads) {
		if (failure !== null && read.source === "d1") continue;
		try {
			await readInto(fold, plan, read, sources, fetched, spend);
		} catch (error) {
			if (!isOutage(error) || read.source !== "d1") throw outage(error);
			if (sources.engine !== null && engineCan(plan, wanted.siteZone))
				return sampledPass(wanted, sources.engine, fetched);
			failure = error;
			fetched.stale = true;
		}
	}
	if (failure !== null && reads.every((read) => read.source === "d1")) throw outage(failure);
	return fold.finish();
}

/** The whole range from Analytics Engine alone: sampled numbers are never merged with exact ones. */
async function sampledPass(wanted: Wanted, engine: EngineSource, fetched: Fetched): Promise<SeriesResult> {
	const fold = newFold(wanted);
	fetched.rowsRead = await engine(wanted.plan, fold);
	fetched.sources = new Set(["engine"]);
	fetched.sampled = true;
	fetched.stale = true;
	return fold.finish();
}

async function readInto(
	fold: SeriesFold,
	{ parts, fields, to: end }: SeriesPlan,
	{ source, grain, from, to }: Read,
	sources: Sources,
	fetched: Fetched,
	spend: () => void,
): Promise<void> {
	let at = from;
	let newest: number | null = null;
	const take = async (name: Read["source"]) => {
		spend();
		for await (const chunk of sources[name].read({ grain, from: at, to, parts, fields })) {
			for (const { bucket, sections } of chunk.windows) {
				fold.addSections(bucket, sections);
				newest = bucket;
			}
			count(fetched, name, chunk);
			at = chunk.to;
			spend();
		}
		fetched.sources.add(name);
	};
	try {
		await take(source);
	} catch (error) {
		// The object cannot be reached: D1 has its hours and days too, only older.
		if (source === "d1" || grain === "minute" || !isOutage(error)) throw error;
		fetched.stale = true;
		newest = null;
		await take("d1");
		// What D1 has ends with its newest window; inside that one, nobody knows where.
		const missing = newest === null ? 0 : end - (newest + GRAIN_MS[grain]);
		fetched.behindMs = Math.max(fetched.behindMs, D1_BEHIND_MS, missing);
	}
}

function count(fetched: Fetched, source: Read["source"], { windows, behindMs }: Chunk): void {
	fetched.sources.add(source);
	fetched.behindMs = Math.max(fetched.behindMs, behindMs);
	for (const { sections } of windows) fetched.rowsRead += sections.length;
}

/** What a store throws when it is down; a Problem, or bytes that do not decode, are something else. */
const isOutage = (error: unknown) => !(error instanceof Problem || error instanceof RangeError);

function outage(error: unknown): unknown {
	if (!isOutage(error)) return error;
	if (error instanceof TooSlow) {
		const detail = "The store that holds this range did not answer in time. Try a shorter range, or again.";
		return new Problem(504, "store_slow", detail, { retryAfter: 5 });
	}
	console.error("store unavailable", error);
	return new Problem(503, "store_unavailable", "The store that holds this range does not answer. Try again.", {
		retryAfter: 5,
	});
}
