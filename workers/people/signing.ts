/** Signatures by the instance's secret: one key a purpose, so that what is signed for one is worth nothing for another. */
import { Lru } from "../edge/lru.ts";

type SecretEnv = { SECRET: string };

/** What is signed. A label is part of its key: changing one ends everything that was signed under it. */
export type Purpose = "session cookie" | "csrf" | "share" | "login address";

const encoder = new TextEncoder();
/** By secret and purpose. Deriving takes two calls of WebCrypto. */
const keys = new Lru<CryptoKey>(16);

const hmacKey = (raw: BufferSource) =>
	crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

async function keyFor(env: SecretEnv, purpose: Purpose): Promise<CryptoKey> {
	const name = `${purpose}\n${env.SECRET}`;
	const known = keys.get(name);
	if (known) return known;
	const master = await hmacKey(encoder.encode(env.SECRET));
	const key = await hmacKey(await crypto.subtle.sign("HMAC", master, encoder.encode(`nowcast ${purpose}`)));
	keys.set(name, key);
	return key;
}

/** HMAC-SHA256, base64url without padding: 43 characters. */
export async function sign(env: SecretEnv, purpose: Purpose, text: string): Promise<string> {
	const mac = await crypto.subtle.sign("HMAC", await keyFor(env, purpose), encoder.encode(text));
	return base64url(new Uint8Array(mac));
}

/** Whether this is the signature of the text. Takes a time that does not depend on where the two differ. */
export async function isSigned(env: SecretEnv, purpose: Purpose, text: string, signature: string): Promise<boolean> {
	return sameText(await sign(env, purpose, text), signature);
}

/** Compares secrets of one length; that the lengths differ is no secret. */
export function sameText(a: string, b: string): boolean {
	const [left, right] = [encoder.encode(a), encoder.encode(b)];
	return left.length === right.length && crypto.subtle.timingSafeEqual(left, right);
}

export const base64url = (bytes: Uint8Array): string =>
	btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => (c === "+" ? "-" : c === "/" ? "_" : ""));

/** Null where the text is no base64url. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
	if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
	return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
