/**
 * The one hash of visitors, event ids and everything else that needs 64 even bits: the first 64 bits of
 * MurmurHash3_x86_128 with seed 0 (Austin Appleby, public domain) over the UTF-8 bytes. It needs only 32-bit
 * multiplication, so it is the same in Node, workerd and the browser, without BigInt. Not for secrets.
 *
 * Stored data depends on it (slots, HLL registers, dedupe ids): it can never change, only be joined by another.
 */
export interface Hash64 {
	/** Upper word, unsigned. Its top 12 bits are a visitor's slot (`slotOf`). */
	hi: number;
	/** Lower word, unsigned. */
	lo: number;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const encoder = new TextEncoder();
/** Text is laid out here as bytes and read back as words; all targets are little-endian. Grows to the longest text. */
let bytes = new Uint8Array(1024);
let words = new Int32Array(bytes.buffer);

/** Hashes the UTF-8 bytes of `text`. Allocates nothing but its result. */
export function hash64(text: string): Hash64 {
	const length = layOut(text);
	let h1 = 0;
	let h2 = 0;
	let h3 = 0;
	let h4 = 0;
	// The tail is padded with zeros, which mix to nothing, so the last block needs no case of its own but for its order.
	const whole = length & ~15;
	let at = 0;
	for (const end = whole >> 2; at < end; at += 4) {
		h1 ^= scramble(word(at), C1, 15, C2);
		h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
		h2 ^= scramble(word(at + 1), C2, 16, C3);
		h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
		h3 ^= scramble(word(at + 2), C3, 17, C4);
		h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
		h4 ^= scramble(word(at + 3), C4, 18, C1);
		h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
	}
	if (whole !== length) {
		h1 ^= scramble(word(at), C1, 15, C2);
		h2 ^= scramble(word(at + 1), C2, 16, C3);
		h3 ^= scramble(word(at + 2), C3, 17, C4);
		h4 ^= scramble(word(at + 3), C4, 18, C1);
	}
	h1 ^= length;
	h2 ^= length;
	h3 ^= length;
	h4 ^= length;
	h1 = (h1 + h2 + h3 + h4) | 0;
	h2 = mix(h2 + h1);
	h3 = mix(h3 + h1);
	h4 = mix(h4 + h1);
	h1 = (mix(h1) + h2 + h3 + h4) | 0;
	return { hi: h1 >>> 0, lo: (h2 + h1) >>> 0 };
}

/** Writes the UTF-8 bytes of `text` and zeros up to the next block; answers their number. */
function layOut(text: string): number {
	// 3 bytes a code unit at most, and one block of padding.
	if (text.length * 3 + 16 > bytes.length) grow(text.length * 3 + 16);
	let length = 0;
	for (; length < text.length; length++) {
		const code = text.charCodeAt(length);
		if (code > 0x7f) break;
		bytes[length] = code;
	}
	if (length < text.length) length = encoder.encodeInto(text, bytes).written;
	bytes.fill(0, length, length + 16);
	return length;
}

function grow(size: number) {
	bytes = new Uint8Array(2 ** Math.ceil(Math.log2(size)));
	words = new Int32Array(bytes.buffer);
}

const word = (at: number) => words[at] as number;
const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
const scramble = (k: number, a: number, by: number, b: number) => Math.imul(rotate(Math.imul(k, a), by), b);

/** Murmur3's finalizer: every bit of the input flips each bit of the output half of the time. */
function mix(h: number): number {
	let x = h | 0;
	x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
	x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
	return x ^ (x >>> 16);
}
