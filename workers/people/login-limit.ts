/**
 * How often a password may be guessed: by account, and by the address that guesses. Attempts are counted before the
 * password is looked at, so that a hundred at once are no way around, and for emails that nobody has too.
 */
import { Problem } from "../../schema/problem.ts";
import { sha256Hex } from "../api/secrets.ts";
import type { Env } from "../env.ts";
import { countFailures, forgetFailures, uncountFailure } from "../store/logins.ts";
import { saltOf } from "../store/salts.ts";
import { base64url } from "./signing.ts";

/** From the first failure on. */
export const WINDOW_MS = 15 * 60_000;
/** Failures in a window: people mistype, and a company shares an address. */
export const LIMITS = { account: 10, address: 30 };

type LimitEnv = Pick<Env, "DB" | "LOCAL">;

const encoder = new TextEncoder();

/** Deployed, the edge sets `cf-connecting-ip` and nobody else can. On one machine a proxy may say it in either way. */
function addressOf(request: Request, local: boolean): string {
	const ip = request.headers.get("cf-connecting-ip");
	if (ip !== null || !local) return ip ?? "";
	return request.headers.get("x-forwarded-for")?.split(",", 1)[0]?.trim() ?? "";
}

/** By the day's salt, which is gone after two days: no row leads back to an address. */
async function hashedAddress(env: LimitEnv, address: string, now: number): Promise<string> {
	const salt = await saltOf(env, new Date(now).toISOString().slice(0, 10));
	const key = await crypto.subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
	return base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(`login\n${address}`))));
}

export interface Attempt {
	/** The password was right: the account's failures are forgotten, and the address is not held to this one. */
	succeeded(): Promise<void>;
}

/** Counts an attempt. Problem 429 where there were too many; its words are the same for emails that nobody has. */
export async function beginAttempt(env: LimitEnv, request: Request, email: string, now: number): Promise<Attempt> {
	const account = `email:${await sha256Hex(email)}`;
	const from = `from:${await hashedAddress(env, addressOf(request, env.LOCAL === "1"), now)}`;
	const counted = await countFailures(env, [account, from], now, WINDOW_MS);
	const over = counted.filter(({ who, failures }) => failures > (who === account ? LIMITS.account : LIMITS.address));
	if (over.length > 0) {
		const until = Math.max(...over.map(({ since }) => since + WINDOW_MS));
		const retryAfter = Math.max(1, Math.ceil((until - now) / 1000));
		const detail = `Too many attempts to sign in. Try again in ${Math.ceil(retryAfter / 60)} min.`;
		throw new Problem(429, "login_limit", detail, { retryAfter });
	}
	return {
		async succeeded() {
			await forgetFailures(env, account);
			await uncountFailure(env, from);
		},
	};
}
