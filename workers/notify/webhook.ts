/** Webhooks, signed as https://www.standardwebhooks.com says, so that receivers can check them with a library they have. */
import type { Delivery } from "../../schema/digest.ts";
import { whyNot } from "./address.ts";

export interface Message {
	url: string;
	/** `whsec_` and base64. */
	secret: string;
	/** The same for every try of one delivery: receivers know by it what they have taken already. */
	id: string;
	/** JSON. */
	body: string;
}

export interface Sender {
	fetch: (request: Request) => Promise<Response>;
	/** Epoch ms. */
	now: () => number;
	/** On one machine: http and private addresses, too. */
	local: boolean;
}

/** A receiver takes a message, and works on it later. */
const TIMEOUT_MS = 10_000;
const PREFIX = "whsec_";

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** 192 bits. */
export const newSecret = (): string => PREFIX + base64(crypto.getRandomValues(new Uint8Array(24)));

/** `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; `timestamp` in seconds. */
export async function signatureOf(secret: string, id: string, timestamp: number, body: string): Promise<string> {
	const raw = Uint8Array.from(atob(secret.slice(PREFIX.length)), (c) => c.charCodeAt(0));
	const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
	const signed = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
	return `v1,${base64(new Uint8Array(signed))}`;
}

/** Sends it once. Never throws: what went wrong is in the outcome. Redirects are not followed, they may lead anywhere. */
export async function deliver(message: Message, { fetch, now, local }: Sender): Promise<Delivery> {
	const at = now();
	const refusal = whyNot(message.url, local);
	if (refusal !== null) return { at, status: null, error: `The address ${refusal}.` };
	const signal = AbortSignal.timeout(TIMEOUT_MS);
	try {
		const response = await fetch(await requestOf(message, at, signal));
		await response.body?.cancel();
		return { at, status: response.status, error: response.ok ? null : refusedWith(response.status) };
	} catch {
		const error = signal.aborted ? `No answer within ${TIMEOUT_MS / 1000} s.` : "The address cannot be reached.";
		return { at, status: null, error };
	}
}

async function requestOf({ url, secret, id, body }: Message, at: number, signal: AbortSignal): Promise<Request> {
	const timestamp = Math.floor(at / 1000);
	return new Request(url, {
		method: "POST",
		body,
		redirect: "manual",
		signal,
		headers: {
			"content-type": "application/json",
			"user-agent": "Nowcast-Webhook/1",
			"webhook-id": id,
			"webhook-timestamp": String(timestamp),
			"webhook-signature": await signatureOf(secret, id, timestamp, body),
		},
	});
}

const refusedWith = (status: number): string =>
	status >= 300 && status < 400
		? `The receiver answered ${status}: redirects are not followed, give the address it leads to.`
		: `The receiver answered ${status}.`;
