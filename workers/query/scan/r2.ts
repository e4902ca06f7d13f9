/** Segments on R2: opened by range reads, and remembered by the isolate. */
import { type RangeSource, Segment } from "../../../schema/archive/read.ts";
import type { SegmentRef } from "./tasks.ts";

/** Up to this a segment is fetched whole: a request costs more than these bytes. */
const WHOLE_BYTES = 512 * 1024;
/** Memory of footers and of whole small segments, in an isolate of 128 MB that also scans. */
const CACHE_BYTES = 12 * 2 ** 20;
/** What an open segment is taken for: the end of its file (schema/archive/read.ts), and some 35 columns of each group. */
const OPEN_BYTES = 64 * 1024;
const GROUP_BYTES = 8 * 1024;

/** The object is not there: it was replaced, and its time is over. */
export class SegmentGone extends Error {
	override name = "SegmentGone";
}

export type Bucket = Pick<R2Bucket, "get">;

/** Segments never change, but a site that is deleted and made again may write other bytes under the same name. */
const nameOf = ({ key, bytes, createdAt }: SegmentRef) => `${key} ${bytes} ${createdAt}`;

class SegmentCache {
	readonly #held = new Map<string, { segment: Segment; bytes: number }>();
	#bytes = 0;

	get(name: string): Segment | undefined {
		const held = this.#held.get(name);
		if (held === undefined) return undefined;
		this.#held.delete(name);
		this.#held.set(name, held);
		return held.segment;
	}

	put(name: string, segment: Segment, bytes: number): void {
		if (this.#held.has(name)) return;
		this.#held.set(name, { segment, bytes });
		this.#bytes += bytes;
		for (const [oldest, held] of this.#held) {
			if (this.#bytes <= CACHE_BYTES) return;
			this.#held.delete(oldest);
			this.#bytes -= held.bytes;
		}
	}
}

const cache = new SegmentCache();

/** @throws SegmentGone */
export async function openSegment(bucket: Bucket, ref: SegmentRef): Promise<Segment> {
	const name = nameOf(ref);
	const known = cache.get(name);
	if (known !== undefined) return known;
	const whole = ref.bytes <= WHOLE_BYTES;
	const segment = await Segment.open(whole ? await wholeSource(bucket, ref) : rangeSource(bucket, ref));
	cache.put(name, segment, (whole ? ref.bytes : OPEN_BYTES) + segment.groups.length * GROUP_BYTES);
	return segment;
}

async function wholeSource(bucket: Bucket, { key }: SegmentRef): Promise<RangeSource> {
	const object = await bucket.get(key);
	if (object === null) throw new SegmentGone(key);
	const bytes = await object.arrayBuffer();
	return { size: bytes.byteLength, read: async (start, end) => bytes.slice(start, end) };
}

const rangeSource = (bucket: Bucket, { key, bytes }: SegmentRef): RangeSource => ({
	size: bytes,
	async read(start, end) {
		const object = await bucket.get(key, { range: { offset: start, length: end - start } });
		if (object === null) throw new SegmentGone(key);
		return object.arrayBuffer();
	},
});
