/** Arguments that `String.fromCharCode` takes at once without running out of stack. */
const AT_ONCE = 8_192;

export function toBase64(bytes: Uint8Array): string {
	let latin1 = "";
	for (let at = 0; at < bytes.length; at += AT_ONCE) {
		latin1 += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
	}
	return btoa(latin1);
}

/** Throws where this is no base64. */
export const fromBase64 = (text: string) => Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
