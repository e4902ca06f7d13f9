/** Who a visitor is: an id that the page or server gave, else a cookieless one that nobody can follow past two days. */
import { type Hash64, hash64 } from "../../schema/core/hash.ts";
import { slotOf, type TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { saltOf } from "../store/salts.ts";
import { Lru } from "./lru.ts";

/** What a visitor without an id is known by. It is hashed, and never stored or logged. */
export interface Device {
	ip: string;
	userAgent: string;
}

export interface CookielessId {
	today: Hash64;
	/** The same device by yesterday's salt: the log uses it while that visitor has an open session. */
	yesterday: Hash64;
	/** By a long-lived secret, so that midnight moves nobody to another partition. */
	slot: number;
}

type VisitorEnv = Pick<Env, "DB" | "SECRET">;

const DAY_MS = 86_400_000;
const encoder = new TextEncoder();
/** HMAC keys by day ("2026-11-22"): a salt never changes once it is made. */
const saltKeys = new Lru<CryptoKey>(4);
const secretKeys = new Lru<CryptoKey>(4);

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** The visitor of a server's event about nobody in particular: one a tenant. */
export const anonymousServer = (tenant: TenantId): Hash64 => hash64(`server of ${tenant}`);

/** HMACs of (site, IP, user agent). Throws where D1 does not answer with the salt of a day that is new here. */
export async function cookielessId(
	env: VisitorEnv,
	tenant: TenantId,
	device: Device,
	received: number,
): Promise<CookielessId> {
	const message = encoder.encode(`${tenant}\n${device.ip}\n${device.userAgent}`);
	const [today, yesterday, secret] = await Promise.all([
		saltKey(env, dayOf(received)),
		saltKey(env, dayOf(received - DAY_MS)),
		secretKey(env.SECRET),
	]);
	const [a, b, c] = await Promise.all([sign(today, message), sign(yesterday, message), sign(secret, message)]);
	return { today: a, yesterday: b, slot: slotOf(c.hi) };
}

async function saltKey(env: VisitorEnv, day: string): Promise<CryptoKey> {
	const known = saltKeys.get(day);
	if (known) return known;
	const key = await hmacKey(await saltOf(env, day));
	saltKeys.set(day, key);
	return key;
}

async function secretKey(secret: string): Promise<CryptoKey> {
	const known = secretKeys.get(secret);
	if (known) return known;
	const key = await hmacKey(encoder.encode(secret));
	secretKeys.set(secret, key);
	return key;
}

const hmacKey = (raw: Uint8Array) =>
	crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** The first 8 bytes of the HMAC. */
async function sign(key: CryptoKey, message: Uint8Array): Promise<Hash64> {
	const view = new DataView(await crypto.subtle.sign("HMAC", key, message));
	return { hi: view.getUint32(0), lo: view.getUint32(4) };
}
