/** Growing and reading byte strings: what every encoded form here is made of. Numbers are little-endian. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Integers below this can be `number`s in short form: two tag bits and a sign still fit 2^53. */
const SHORT_LIMIT = 2 ** 48;
const INTEGER = 0;
const HUNDREDTHS = 1;
const FLOAT = 2;

export class ByteWriter {
	private buffer: Uint8Array;
	private view: DataView;
	private at = 0;

	constructor(capacity = 256) {
		this.buffer = new Uint8Array(capacity);
		this.view = new DataView(this.buffer.buffer);
	}

	/** Bytes written so far. */
	get length(): number {
		return this.at;
	}

	u8(x: number): void {
		this.reserve(1);
		this.buffer[this.at++] = x;
	}

	u16(x: number): void {
		this.reserve(2);
		this.view.setUint16(this.at, x, true);
		this.at += 2;
	}

	u32(x: number): void {
		this.reserve(4);
		this.view.setUint32(this.at, x, true);
		this.at += 4;
	}

	f64(x: number): void {
		this.reserve(8);
		this.view.setFloat64(this.at, x, true);
		this.at += 8;
	}

	/** Unsigned LEB128, to 2^53 - 1. */
	varint(x: number): void {
		if (!(x >= 0 && x <= Number.MAX_SAFE_INTEGER)) throw new RangeError(`not a varint: ${x}`);
		this.reserve(8);
		let rest = x;
		while (rest > 0x7fffffff) {
			this.buffer[this.at++] = (rest % 128) | 0x80;
			rest = Math.floor(rest / 128);
		}
		while (rest > 0x7f) {
			this.buffer[this.at++] = (rest & 0x7f) | 0x80;
			rest >>>= 7;
		}
		this.buffer[this.at++] = rest;
	}

	/** Signed, to ± 2^52; small magnitudes are short. */
	zigzag(x: number): void {
		this.varint(x < 0 ? -2 * x - 1 : 2 * x);
	}

	/** Any number, exactly (but -0, which reads as 0): integers and amounts with two decimals are short, others take 9 bytes. */
	number(x: number): void {
		if (this.tagged(x, INTEGER)) return;
		const hundredths = Math.round(x * 100);
		if (hundredths / 100 === x && this.tagged(hundredths, HUNDREDTHS)) return;
		this.u8(FLOAT);
		this.f64(x);
	}

	private tagged(x: number, tag: number): boolean {
		if (!Number.isInteger(x) || Math.abs(x) >= SHORT_LIMIT) return false;
		this.varint((x < 0 ? -2 * x - 1 : 2 * x) * 4 + tag);
		return true;
	}

	/** Bytes as they are. */
	raw(x: Uint8Array): void {
		this.reserve(x.length);
		this.buffer.set(x, this.at);
		this.at += x.length;
	}

	/** Bytes with their length before them. */
	bytes(x: Uint8Array): void {
		this.varint(x.length);
		this.raw(x);
	}

	/** UTF-8 with its length in bytes before it. */
	string(x: string): void {
		this.bytes(encoder.encode(x));
	}

	strings(list: readonly string[]): void {
		this.varint(list.length);
		for (const text of list) this.string(text);
	}

	/** A copy of what was written from `from` to `to`. */
	slice(from = 0, to = this.at): Uint8Array {
		return this.buffer.slice(from, to);
	}

	/** Takes back everything after the first `length` bytes. */
	truncate(length: number): void {
		this.at = Math.min(this.at, length);
	}

	private reserve(more: number): void {
		if (this.at + more <= this.buffer.length) return;
		const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.at + more));
		grown.set(this.buffer.subarray(0, this.at));
		this.buffer = grown;
		this.view = new DataView(grown.buffer);
	}
}

/** Reads what a ByteWriter wrote. Every method throws RangeError past the end. */
export class ByteReader {
	private readonly buffer: Uint8Array;
	private readonly view: DataView;
	private at = 0;

	constructor(bytes: Uint8Array) {
		this.buffer = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	/** Bytes not read yet. */
	get left(): number {
		return this.buffer.length - this.at;
	}

	u8(): number {
		return this.view.getUint8(this.skip(1));
	}

	/** The next byte, left in place. */
	peek(): number {
		return this.view.getUint8(this.at);
	}

	u16(): number {
		return this.view.getUint16(this.skip(2), true);
	}

	u32(): number {
		return this.view.getUint32(this.skip(4), true);
	}

	f64(): number {
		return this.view.getFloat64(this.skip(8), true);
	}

	varint(): number {
		let value = 0;
		for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
			const byte = this.u8();
			value += (byte & 0x7f) * scale;
			if (byte < 0x80) return value;
		}
		throw new RangeError("a varint is too long");
	}

	zigzag(): number {
		return unzigzag(this.varint());
	}

	number(): number {
		const coded = this.varint();
		const tag = coded % 4;
		if (tag === FLOAT) return this.f64();
		const value = unzigzag((coded - tag) / 4);
		return tag === HUNDREDTHS ? value / 100 : value;
	}

	/** A view of the next bytes, not a copy. */
	raw(length: number): Uint8Array {
		const start = this.skip(length);
		return this.buffer.subarray(start, start + length);
	}

	bytes(): Uint8Array {
		return this.raw(this.varint());
	}

	string(): string {
		return decoder.decode(this.bytes());
	}

	strings(): string[] {
		return Array.from({ length: this.count() }, () => this.string());
	}

	/** A varint that says how many things follow: each takes a byte at least, so more than are left is a broken form. */
	count(): number {
		const count = this.varint();
		if (count > this.left) throw new RangeError("bytes are cut short");
		return count;
	}

	/** Reads the version byte that every encoded form starts with. */
	version(known: number, what: string): void {
		const version = this.u8();
		if (version !== known) throw new RangeError(`unknown ${what} version ${version}`);
	}

	private skip(length: number): number {
		const start = this.at;
		if (start + length > this.buffer.length) throw new RangeError("bytes are cut short");
		this.at = start + length;
		return start;
	}
}

const unzigzag = (x: number) => (x % 2 === 1 ? -(x + 1) / 2 : x / 2);

/** Strings as they are met, each written once and named by its index. `ByteReader.strings` reads them back. */
export class DictionaryWriter {
	readonly #index = new Map<string, number>();
	readonly #strings = new ByteWriter(1024);

	/** Bytes of the strings so far. */
	get bytes(): number {
		return this.#strings.length;
	}

	indexOf(value: string): number {
		let at = this.#index.get(value);
		if (at === undefined) {
			at = this.#index.size;
			this.#index.set(value, at);
			this.#strings.string(value);
		}
		return at;
	}

	writeTo(w: ByteWriter): void {
		w.varint(this.#index.size);
		w.raw(this.#strings.slice());
	}
}
