/** Makes what callers hold: ids that are no secret, and keys that are. */
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Uniform: bytes above the largest multiple of the alphabet's size are drawn again. */
function random(alphabet: string, length: number): string {
	const limit = 256 - (256 % alphabet.length);
	let text = "";
	while (text.length < length) {
		for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
			if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
		}
	}
	return text;
}

/** 190 bits. `prefix` says the scope. */
export const randomKey = (prefix: string): string => `${prefix}_${random(BASE62, 32)}`;

/** 62 bits: unique, and never an authority. */
export const randomId = (prefix: string): string => `${prefix}${random(BASE36, 12)}`;

const sha256 = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** SHA-256, hex: the form in which keys, tickets and invitations are stored. */
export async function sha256Hex(text: string): Promise<string> {
	return Array.from(new Uint8Array(await sha256(text)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Takes a time that does not depend on where the two differ: both are hashed to one length first. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
	return crypto.subtle.timingSafeEqual(...(await Promise.all([sha256(a), sha256(b)])));
}
