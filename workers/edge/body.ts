/** Reading a batch. Problems: 400 not a batch, 413 too large, 415 not JSON by its own account. */
import { LIMITS, type WireBatch } from "../../schema/event.ts";
import { Problem } from "../../schema/problem.ts";
import { explainBatch, isBatch } from "./validate.ts";

/** `text/plain` is what a page can send across origins without a preflight. */
const CONTENT_TYPE = /^\s*(application\/json|text\/plain)\s*(;|$)/i;
/** BOM or not, the bytes must be UTF-8: JSON has no other encoding. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

export async function readBatch(request: Request): Promise<WireBatch> {
	assertType(request.headers);
	const batch = parse(await readBody(request, LIMITS.batchBytes));
	if (!isBatch(batch)) throw new Problem(400, "malformed", explainBatch(batch) ?? "This is not a batch.");
	if (batch.events.length > LIMITS.batchEvents) {
		throw new Problem(413, "too_many_events", `A batch has at most ${LIMITS.batchEvents} events: send several.`);
	}
	return batch;
}

function assertType(headers: Headers): void {
	const type = headers.get("content-type");
	if (type !== null && !CONTENT_TYPE.test(type)) {
		throw new Problem(415, "content_type", "Send the batch as application/json or text/plain.");
	}
	const encoding = headers.get("content-encoding");
	if (encoding !== null && encoding.toLowerCase() !== "identity") {
		throw new Problem(415, "content_encoding", "Send the batch uncompressed.");
	}
}

/** An escaped pair of surrogates, an escaped one of them alone, or any other escape. */
const ESCAPES = /\\(?:(u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/g;
const SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * JSON whose strings are all well-formed. In UTF-8 a lone surrogate can only be written as an escape; it is no
 * character, and two texts that differ in it alone would be one once they are stored. It becomes U+FFFD, as there.
 */
export const wellFormed = (json: string) =>
	SURROGATE.test(json)
		? json.replace(ESCAPES, (text, _pair, lone?: string) => (lone === undefined ? text : "\\ufffd"))
		: json;

function parse(bytes: Uint8Array | ArrayBuffer): unknown {
	try {
		return JSON.parse(wellFormed(decoder.decode(bytes)));
	} catch {
		throw new Problem(400, "not_json", "The body is not JSON in UTF-8.");
	}
}

/** The whole body, given up as soon as it passes the limit. Problem 413. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array | ArrayBuffer> {
	const declared = request.headers.get("content-length");
	if (declared !== null && Number(declared) > limit) throw tooLarge(limit);
	if (declared === null && request.body !== null) return readStream(request.body, limit);
	// The transport holds a body to its declared length; checked all the same.
	const bytes = await request.arrayBuffer();
	if (bytes.byteLength > limit) throw tooLarge(limit);
	return bytes;
}

async function readStream(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.byteLength;
		// Leaving the loop cancels the stream.
		if (length > limit) throw tooLarge(limit);
		chunks.push(chunk);
	}
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const chunk of chunks) {
		bytes.set(chunk, at);
		at += chunk.byteLength;
	}
	return bytes;
}

const tooLarge = (limit: number) =>
	new Problem(413, "too_large", `A batch has at most ${limit / 1024} KiB: send several.`);
