declare global {
	/** In every engine since 2025 (tc39/proposal-arraybuffer-base64), not yet in TypeScript's es2024. */
	interface Uint8Array {
		toHex(): string;
	}
	interface Uint8ArrayConstructor {
		fromHex(text: string): Uint8Array<ArrayBuffer>;
	}
}

/**
 * D1 moves a BLOB as a JSON array of numbers: 3.6 characters a byte on the wire and 8 bytes a byte in memory. As hex it
 * is 2 and 2, and decoded natively, so sketches travel as hex in both directions (`toHex`, SQLite's `hex` and `unhex`)
 * and rest as bytes.
 */
export const fromHex = (text: string): Uint8Array => Uint8Array.fromHex(text);
