/**
 * HyperLogLog with a sparse form (Heule, Nunkesser, Hall: "HyperLogLog in Practice", 2013) and Ertl's improved raw
 * estimator (Otmar Ertl: "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284, § 4):
 * no bias tables, no switch between estimators, right from 0 to 2^64.
 *
 * A visitor's 64 hash bits are read as one string: `lo` from its top bit, then `hi` from its *lowest* bit, because the
 * top bits of `hi` are the visitor's slot and hardly vary within a partition. The first p bits choose a register, which
 * keeps the longest run of zeros after them, plus one (rho).
 *
 * Sparse, the set of the first 25 bits is kept, with the rho after them only where all bits between p and 25 are zero:
 * just what is needed to fold to registers without loss. Sparse counts are therefore almost exact. It turns dense when
 * its table would outgrow the registers. That depends on the set alone, never on the order of adds and merges, so equal
 * contents are equal bytes (I3).
 *
 *   u8 version (3 bits) · dense (1) · p - 4 (4)
 *   sparse: varint entries, then each, ascending: varint (delta of index * 2 + has rho) · u8 rho if so
 *   dense: registers of 6 bits, four in three bytes
 */
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** Precision of totals: 16,384 registers, ± 0.81 % (1 σ). */
export const P_TOTAL = 14;
/** Precision of every other cell: 4,096 registers, ± 1.63 % (1 σ). */
export const P_CELL = 12;

const VERSION = 1;
const P_MIN = 4;
const P_MAX = 18;
/** Bits of a sparse index. */
const P_SPARSE = 25;
const RHO_BITS = 6;
const RHO_MASK = (1 << RHO_BITS) - 1;
/** Slots of the first sparse table; most cells of most minutes have fewer visitors. */
const FIRST_TABLE = 4;
/** 1 / (2 ln 2), the estimator's constant for m → ∞. */
const ALPHA = 0.5 / Math.LN2;
/** Registers by value, while counting. */
const histogram = new Int32Array(64);

/** Sparse entries that fit into a table of as many bytes as the registers take (one each), three quarters full. */
const sparseLimit = (p: number) => (1 << p) * (3 / 16);

export class Hll {
	private precision: number;
	/** Sparse: entries `index << 6 | rho`, never 0. One entry stands alone in `only`, more in an open-addressed table. */
	private size = 0;
	private only = 0;
	private table: Int32Array | null = null;
	/** Dense: a byte a register; then size is 0 and table null. */
	private registers: Uint8Array | null = null;

	constructor(p: number) {
		if (!Number.isInteger(p) || p < P_MIN || p > P_MAX) throw new RangeError(`HLL precision ${p}`);
		this.precision = p;
	}

	/** log2 of the registers. A merge with a lower one lowers it. */
	get p(): number {
		return this.precision;
	}

	/** Adds a visitor by its hash, two words (signed or unsigned). */
	add(hi: number, lo: number): void {
		const p = this.precision;
		if (this.registers !== null) {
			const rest = lo << p;
			raise(this.registers, lo >>> (32 - p), rest !== 0 ? Math.clz32(rest) + 1 : 33 - p + trailingZeros(hi));
			return;
		}
		const index = lo >>> (32 - P_SPARSE);
		this.insert((index << RHO_BITS) | (isAligned(index, p) ? rhoAfterIndex(hi, lo) : 0));
	}

	/** Takes in what `other` has; folds to the lower precision of the two. `other` stays as it is. */
	merge(other: Hll): void {
		if (other.precision < this.precision) this.fold(other.precision);
		if (other.registers !== null) this.mergeRegisters(other.registers, other.precision);
		else
			other.forEach((entry) => {
				this.insertAt(entry);
			});
	}

	/** Estimated number of distinct visitors. */
	count(): number {
		if (this.registers !== null) return estimate(this.registers, this.precision);
		// Linear counting over 2^25 buckets, of which at most a few thousand are taken.
		const m = 2 ** P_SPARSE;
		return -m * Math.log1p(-this.size / m);
	}

	/** Relative standard error (1 σ) to report for `count`, 1.04 / √m. The sparse form does better. */
	error(): number {
		return 1.04 / Math.sqrt(2 ** this.precision);
	}

	isEmpty(): boolean {
		return this.registers === null && this.size === 0;
	}

	clone(): Hll {
		const copy = new Hll(this.precision);
		copy.size = this.size;
		copy.only = this.only;
		copy.table = this.table?.slice() ?? null;
		copy.registers = this.registers?.slice() ?? null;
		return copy;
	}

	encode(w: ByteWriter): void {
		const dense = this.registers !== null;
		w.u8((VERSION << 5) | (dense ? 1 << 4 : 0) | (this.precision - P_MIN));
		if (this.registers !== null) packRegisters(this.registers, w);
		else this.encodeSparse(w);
	}

	static decode(r: ByteReader): Hll {
		const header = r.u8();
		if (header >> 5 !== VERSION) throw new RangeError(`unknown HLL version ${header >> 5}`);
		const hll = new Hll((header & 15) + P_MIN);
		if ((header & 16) !== 0) hll.registers = unpackRegisters(r, hll.precision);
		else hll.decodeSparse(r);
		return hll;
	}

	private encodeSparse(w: ByteWriter): void {
		const entries = new Int32Array(this.size);
		let n = 0;
		this.forEach((entry) => {
			entries[n++] = entry;
		});
		entries.sort();
		w.varint(n);
		let previous = 0;
		for (const entry of entries) {
			const index = entry >>> RHO_BITS;
			const rho = entry & RHO_MASK;
			w.varint((index - previous) * 2 + (rho === 0 ? 0 : 1));
			if (rho !== 0) w.u8(rho);
			previous = index;
		}
	}

	private decodeSparse(r: ByteReader): void {
		const n = r.count();
		if (n > sparseLimit(this.precision)) throw new RangeError("a sparse HLL has too many entries");
		if (n > 1) this.table = new Int32Array(tableFor(n));
		let index = 0;
		for (let i = 0; i < n; i++) {
			const coded = r.varint();
			index += coded >>> 1;
			this.insert((index << RHO_BITS) | ((coded & 1) === 1 ? r.u8() & RHO_MASK : 0));
		}
	}

	private forEach(visit: (entry: number) => void): void {
		if (this.table === null) {
			if (this.size === 1) visit(this.only);
			return;
		}
		for (const entry of this.table) if (entry !== 0) visit(entry);
	}

	/** Inserts an entry of any precision not below this one. */
	private insertAt(entry: number): void {
		const p = this.precision;
		const index = entry >>> RHO_BITS;
		if (this.registers !== null) raiseBySparse(this.registers, entry, p);
		else this.insert(isAligned(index, p) ? entry : index << RHO_BITS);
	}

	/** Inserts an entry in the form of this precision; only while sparse. */
	private insert(entry: number): void {
		if (this.table === null) {
			if (this.size === 0) {
				this.only = entry;
				this.size = 1;
				return;
			}
			if (this.only >>> RHO_BITS === entry >>> RHO_BITS) {
				if (entry > this.only) this.only = entry;
				return;
			}
			this.table = new Int32Array(FIRST_TABLE);
			put(this.table, this.only);
		}
		if (!put(this.table, entry)) return;
		this.size++;
		if (this.size > sparseLimit(this.precision)) this.densify();
		else if (this.size * 4 > this.table.length * 3) this.rehash(this.table.length * 2);
	}

	private rehash(slots: number): void {
		const table = new Int32Array(slots);
		this.forEach((entry) => {
			put(table, entry);
		});
		this.table = table;
	}

	private densify(): void {
		const registers = new Uint8Array(1 << this.precision);
		this.forEach((entry) => {
			raiseBySparse(registers, entry, this.precision);
		});
		this.registers = registers;
		this.table = null;
		this.only = 0;
		this.size = 0;
	}

	private fold(p: number): void {
		const folded = new Hll(p);
		if (this.registers !== null) folded.mergeRegisters(this.registers, this.precision);
		else
			this.forEach((entry) => {
				folded.insertAt(entry);
			});
		this.precision = p;
		this.size = folded.size;
		this.only = folded.only;
		this.table = folded.table;
		this.registers = folded.registers;
	}

	private mergeRegisters(from: Uint8Array, fromP: number): void {
		if (this.registers === null) this.densify();
		const to = this.registers;
		if (to === null) return;
		const bits = fromP - this.precision;
		for (let i = 0; i < from.length; i++) {
			const rho = from[i] as number;
			if (rho !== 0) raise(to, i >>> bits, foldedRho(i & ((1 << bits) - 1), bits, rho));
		}
	}
}

/** The rho of a shorter index: the run of zeros starts in the `bits` that fell out of the index, and may end there. */
function foldedRho(fallen: number, bits: number, rho: number): number {
	return fallen === 0 ? bits + rho : Math.clz32(fallen) - (32 - bits) + 1;
}

function raiseBySparse(registers: Uint8Array, entry: number, p: number): void {
	const bits = P_SPARSE - p;
	const index = entry >>> RHO_BITS;
	raise(registers, index >>> bits, foldedRho(index & ((1 << bits) - 1), bits, entry & RHO_MASK));
}

function raise(registers: Uint8Array, i: number, rho: number): void {
	if (rho > (registers[i] as number)) registers[i] = rho;
}

/** Puts an entry into an open-addressed table, or raises its rho there. True if its index is new. */
function put(table: Int32Array, entry: number): boolean {
	const mask = table.length - 1;
	const index = entry >>> RHO_BITS;
	for (let i = index & mask; ; i = (i + 1) & mask) {
		const held = table[i] as number;
		if (held === 0) {
			table[i] = entry;
			return true;
		}
		if (held >>> RHO_BITS === index) {
			if (entry > held) table[i] = entry;
			return false;
		}
	}
}

/** Slots for n entries, at most three quarters full. */
function tableFor(n: number): number {
	let slots = FIRST_TABLE;
	while (n * 4 > slots * 3) slots *= 2;
	return slots;
}

/** Whether all bits of a sparse index below the first p are zero, so that its rho matters. */
const isAligned = (index: number, p: number) => (index & ((1 << (P_SPARSE - p)) - 1)) === 0;

/** rho of the 39 bits that follow a sparse index: 7 of `lo`, then `hi` from its lowest. 1..40. */
function rhoAfterIndex(hi: number, lo: number): number {
	const rest = lo << P_SPARSE;
	return rest !== 0 ? Math.clz32(rest) + 1 : 33 - P_SPARSE + trailingZeros(hi);
}

const trailingZeros = (x: number) => (x === 0 ? 32 : 31 - Math.clz32(x & -x));

/** Ertl's improved raw estimator (algorithm 6 of the paper): a harmonic mean corrected at both ends by σ and τ. */
function estimate(registers: Uint8Array, p: number): number {
	const m = registers.length;
	const q = 64 - p;
	histogram.fill(0);
	for (let i = 0; i < m; i++) histogram[registers[i] as number] = (histogram[registers[i] as number] as number) + 1;
	let z = m * tau(1 - (histogram[q + 1] as number) / m);
	for (let k = q; k >= 1; k--) z = 0.5 * (z + (histogram[k] as number));
	z += m * sigma((histogram[0] as number) / m);
	return (ALPHA * m * m) / z;
}

/** σ(x) = x + Σ x^(2^k) 2^(k-1): corrects for registers that are still 0. */
function sigma(x: number): number {
	if (x === 1) return Number.POSITIVE_INFINITY;
	let power = x;
	let weight = 1;
	let sum = x;
	for (let before = -1; sum !== before; ) {
		before = sum;
		power *= power;
		sum += power * weight;
		weight += weight;
	}
	return sum;
}

/** τ(x) = (1 - x - Σ (1 - x^(2^-k))² 2^-k) / 3: corrects for registers that are full. */
function tau(x: number): number {
	if (x === 0 || x === 1) return 0;
	let root = x;
	let weight = 1;
	let sum = 1 - x;
	for (let before = -1; sum !== before; ) {
		before = sum;
		root = Math.sqrt(root);
		weight *= 0.5;
		sum -= (1 - root) ** 2 * weight;
	}
	return sum / 3;
}

function packRegisters(registers: Uint8Array, w: ByteWriter): void {
	const packed = new Uint8Array((registers.length / 4) * 3);
	for (let i = 0, at = 0; i < registers.length; i += 4) {
		const [a, b, c, d] = [registers[i], registers[i + 1], registers[i + 2], registers[i + 3]] as number[] as Four;
		packed[at++] = (a << 2) | (b >> 4);
		packed[at++] = (b << 4) | (c >> 2);
		packed[at++] = (c << 6) | d;
	}
	w.raw(packed);
}

function unpackRegisters(r: ByteReader, p: number): Uint8Array {
	const registers = new Uint8Array(1 << p);
	const packed = r.raw((registers.length / 4) * 3);
	for (let i = 0, at = 0; i < registers.length; i += 4, at += 3) {
		const bits = ((packed[at] as number) << 16) | ((packed[at + 1] as number) << 8) | (packed[at + 2] as number);
		registers[i] = bits >> 18;
		registers[i + 1] = (bits >> 12) & 63;
		registers[i + 2] = (bits >> 6) & 63;
		registers[i + 3] = bits & 63;
	}
	return registers;
}

type Four = [number, number, number, number];
