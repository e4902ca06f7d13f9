/**
 * Which event ids a log has seen (I2). The newest are in memory; a checkpoint writes the others as sorted blobs by
 * period of commit and hash bucket, which are read for events older than what memory covers.
 *
 * The limit of this: a retry that tells no age (nor a time of its own) is as old as its receipt, and looks like any
 * fresh event. It is known only while its id is in memory: for the next million ids of its partition at least, which
 * is 13 minutes at 1,250 events/s and nearly 3 hours at 100. To know it for all 48 hours, each fresh event would have to
 * search every blob, or memory to hold a filter of 134 million ids: 160 MB at an error of 1 %, of the object's 128.
 * So a sender that retries later than that must send `age` or `ts`, as the beacon does.
 */

/** Ids a generation holds before the next begins: two of 8 bytes at 3/4 load are at most 32 MB of the object's 128. */
const GENERATION = 1_500_000;
const FIRST_SLOTS = 4096;
export const HOUR_MS = 3_600_000;
/**
 * Ids are saved, loaded and dropped by whole periods of commit, ms: short, so that a wake, which loads as many as memory
 * holds, finds the newest among them; not below the time between checkpoints, or each would write more rows.
 */
export const ID_PERIOD_MS = 5 * 60_000;

/** A set of 64-bit ids, open addressing with linear probing; (0, 0) marks a free slot and is kept apart. */
export class IdSet {
	size = 0;
	#hi = new Uint32Array(FIRST_SLOTS);
	#lo = new Uint32Array(FIRST_SLOTS);
	#hasZero = false;

	has(hi: number, lo: number): boolean {
		if (hi === 0 && lo === 0) return this.#hasZero;
		const at = this.#slotOf(hi, lo);
		return this.#hi[at] !== 0 || this.#lo[at] !== 0;
	}

	/** Whether the id was new. */
	add(hi: number, lo: number): boolean {
		if (hi === 0 && lo === 0) {
			if (this.#hasZero) return false;
			this.#hasZero = true;
			this.size++;
			return true;
		}
		const at = this.#slotOf(hi, lo);
		if (this.#hi[at] !== 0 || this.#lo[at] !== 0) return false;
		this.#hi[at] = hi;
		this.#lo[at] = lo;
		if (++this.size * 4 > this.#hi.length * 3) this.#grow();
		return true;
	}

	/** The slot that holds the id, or the free one where it belongs. */
	#slotOf(hi: number, lo: number): number {
		const mask = this.#hi.length - 1;
		let at = (hi ^ (lo >>> 7)) & mask;
		for (;;) {
			const h = this.#hi[at];
			const l = this.#lo[at];
			if ((h === hi && l === lo) || (h === 0 && l === 0)) return at;
			at = (at + 1) & mask;
		}
	}

	#grow(): void {
		const [hi, lo] = [this.#hi, this.#lo];
		this.#hi = new Uint32Array(hi.length * 2);
		this.#lo = new Uint32Array(hi.length * 2);
		for (let i = 0; i < hi.length; i++) {
			const [h, l] = [hi[i] as number, lo[i] as number];
			if (h === 0 && l === 0) continue;
			const at = this.#slotOf(h, l);
			this.#hi[at] = h;
			this.#lo[at] = l;
		}
	}
}

/** The newest ids, in two generations: when the younger is full the older is dropped. */
export class RecentIds {
	/** Every id committed since then is here, epoch ms; -Infinity: every id there is. */
	since = Number.NEGATIVE_INFINITY;
	readonly #limit: number;
	#young = new IdSet();
	#youngSince = 0;
	#old: IdSet | null = null;

	constructor(limit = GENERATION) {
		this.#limit = limit;
	}

	has(hi: number, lo: number): boolean {
		return this.#young.has(hi, lo) || (this.#old?.has(hi, lo) ?? false);
	}

	/** Adds an id committed at `now`; whether it was new. Calls come in order of time. */
	add(hi: number, lo: number, now: number): boolean {
		if (this.#old?.has(hi, lo)) return false;
		if (!this.#young.add(hi, lo)) return false;
		if (this.#young.size >= this.#limit) this.#turn(now);
		return true;
	}

	#turn(now: number): void {
		// What came in the same millisecond may be on either side: the horizon lies just after it.
		if (this.#old !== null) this.since = this.#youngSince;
		this.#old = this.#young;
		this.#young = new IdSet();
		this.#youngSince = now + 1;
	}
}

/** Ids not yet in blobs, by period of commit. */
export class UnsavedIds {
	readonly periods = new Map<number, { hi: number[]; lo: number[] }>();
	#current: { hi: number[]; lo: number[] } = { hi: [], lo: [] };
	#period = -1;

	add(hi: number, lo: number, now: number): void {
		const period = Math.floor(now / ID_PERIOD_MS);
		if (period !== this.#period) this.#turn(period);
		this.#current.hi.push(hi);
		this.#current.lo.push(lo);
	}

	clear(): void {
		this.periods.clear();
		this.#period = -1;
	}

	#turn(period: number): void {
		this.#period = period;
		this.#current = this.periods.get(period) ?? { hi: [], lo: [] };
		this.periods.set(period, this.#current);
	}
}

/** Bucket of blobs that hold ids of every hash. The others are 1 to BUCKETS, by the top bits of the hash. */
export const ANY_BUCKET = 0;
export const BUCKETS = 16;
/** Below this many ids a period's share is one blob: sixteen rows would cost more to write than to read. */
const SPLIT_FROM = 8192;
export const bucketOf = (hi: number) => (hi >>> 28) + 1;

const BLOB_VERSION = 1;
const BLOB_HEADER = 8;

/** Splits ids into buckets where they are many, and sorts each. Blob: u8 version · 7 bytes 0 · u64 ids ascending. */
export function toBlobs(hi: readonly number[], lo: readonly number[]): { bucket: number; bytes: Uint8Array }[] {
	if (hi.length < SPLIT_FROM) return hi.length === 0 ? [] : [{ bucket: ANY_BUCKET, bytes: toBlob(hi, lo) }];
	const parts = Array.from({ length: BUCKETS }, () => ({ hi: [] as number[], lo: [] as number[] }));
	for (let i = 0; i < hi.length; i++) {
		const part = parts[bucketOf(hi[i] as number) - 1] as { hi: number[]; lo: number[] };
		part.hi.push(hi[i] as number);
		part.lo.push(lo[i] as number);
	}
	return parts.flatMap((part, i) => (part.hi.length === 0 ? [] : [{ bucket: i + 1, bytes: toBlob(part.hi, part.lo) }]));
}

function toBlob(hi: readonly number[], lo: readonly number[]): Uint8Array {
	const words = new Uint32Array(hi.length * 2);
	for (let i = 0; i < hi.length; i++) {
		words[2 * i] = lo[i] as number;
		words[2 * i + 1] = hi[i] as number;
	}
	new BigUint64Array(words.buffer).sort();
	const bytes = new Uint8Array(BLOB_HEADER + words.byteLength);
	bytes[0] = BLOB_VERSION;
	bytes.set(new Uint8Array(words.buffer), BLOB_HEADER);
	return bytes;
}

/** A blob, opened for search. */
export class IdBlob {
	readonly size: number;
	readonly #words: Uint32Array;

	constructor(bytes: Uint8Array) {
		if (bytes[0] !== BLOB_VERSION) throw new RangeError(`unknown id blob version ${bytes[0]}`);
		const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
		this.size = (bytes.length - BLOB_HEADER) / 8;
		this.#words = new Uint32Array(aligned.buffer, aligned.byteOffset + BLOB_HEADER, this.size * 2);
	}

	has(hi: number, lo: number): boolean {
		let from = 0;
		let to = this.size;
		while (from < to) {
			const middle = (from + to) >>> 1;
			const h = this.#words[2 * middle + 1] as number;
			const l = this.#words[2 * middle] as number;
			if (h === hi && l === lo) return true;
			if (h < hi || (h === hi && l < lo)) from = middle + 1;
			else to = middle;
		}
		return false;
	}

	each(visit: (hi: number, lo: number) => void): void {
		for (let i = 0; i < this.size; i++) visit(this.#words[2 * i + 1] as number, this.#words[2 * i] as number);
	}
}
