/// <reference path="./node-crypto.d.ts" />
/**
 * Passwords, as scrypt hashes that carry their own parameters: `scrypt$N$r$p$salt$hash`, base64url. The parameters may
 * grow; what is weaker is hashed anew when its owner signs in.
 */
import { scrypt } from "node:crypto";
import { base64url, fromBase64url } from "./signing.ts";

interface Parameters {
	N: number;
	r: number;
	p: number;
}

/**
 * OWASP's choice for little memory: 16 MB. Measured in workerd on one core: 0.3 s of CPU, in which the thread does
 * nothing else, so logins are limited (login-limit.ts). It is the runtime's own, which our compatibility date brings
 * (nodejs_compat needs no flag since 2026-10): written in JavaScript (@noble/hashes) the same takes 0.55 s, its memory
 * is the isolate's, and 28 s where modules are run one by one, as in our tests.
 */
const NOW: Parameters = { N: 2 ** 14, r: 8, p: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Of stored parameters: beyond these a row is broken, and would take the isolate's memory. */
const MOST = { memory: 64 * 1024 * 1024, work: 2 ** 21 };

interface Stored extends Parameters {
	salt: Uint8Array;
	hash: Uint8Array<ArrayBuffer>;
}

/** What scrypt itself needs is 128 N r, and some KB beside. */
const memoryOf = ({ N, r, p }: Parameters) => 128 * r * (N + p + 2);

function derive(password: string, salt: Uint8Array, parameters: Parameters): Promise<Uint8Array<ArrayBuffer>> {
	const cost = { ...parameters, maxmem: 2 * memoryOf(parameters) };
	// One form of a character that can be written in two, so that a password is the same on every keyboard.
	const text = password.normalize("NFKC");
	return new Promise((resolve, reject) => {
		scrypt(text, salt, HASH_BYTES, cost, (error, key) => (error ? reject(error) : resolve(key)));
	});
}

export async function hashPassword(password: string, parameters: Parameters = NOW): Promise<string> {
	const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
	const hash = await derive(password, salt, parameters);
	const { N, r, p } = parameters;
	return ["scrypt", N, r, p, base64url(salt), base64url(hash)].join("$");
}

/** @throws TypeError where the text is no hash of ours. */
function parse(stored: string): Stored {
	const [, N, r, p, salt = "", hash = ""] =
		/^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]+)\$([\w-]+)$/.exec(stored) ?? [];
	const parameters = { N: Number(N), r: Number(r), p: Number(p) };
	const bytes = { salt: fromBase64url(salt), hash: fromBase64url(hash) };
	const tooMuch = memoryOf(parameters) > MOST.memory || costOf(parameters) > MOST.work;
	if (N === undefined || tooMuch || bytes.salt === null || bytes.hash?.length !== HASH_BYTES)
		throw new TypeError("a stored password is no scrypt hash of ours");
	return { ...parameters, salt: bytes.salt, hash: bytes.hash };
}

const costOf = ({ N, r, p }: Parameters) => N * r * p;

/** Of nobody: a login with an unknown email takes as long as one with a wrong password. */
const NOBODY = ["scrypt", NOW.N, NOW.r, NOW.p, base64url(new Uint8Array(SALT_BYTES)), "A".repeat(43)].join("$");

export interface Verdict {
	right: boolean;
	/** Stored by weaker parameters than are used now: hash it anew. */
	weak: boolean;
}

/** Whether this is the password. `stored` null: nobody's, which is never right, and takes the same time to say. */
export async function verifyPassword(password: string, stored: string | null): Promise<Verdict> {
	const { hash, salt, ...parameters } = parse(stored ?? NOBODY);
	const derived = await derive(password, salt, parameters);
	const same = crypto.subtle.timingSafeEqual(derived, hash);
	return { right: same && stored !== null, weak: costOf(parameters) < costOf(NOW) };
}
