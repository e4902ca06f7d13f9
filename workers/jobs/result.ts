/** Joins the parts of an export into one object, of whatever size, in bounded memory. */

/** Smallest part of a multipart upload that is not the last: 5 MiB. */
const UPLOAD_BYTES = 8 * 2 ** 20;

export interface Written {
	events: number;
	bytes: number;
}

/** Parts have lines of an id, a space and JSON: each id's first line comes out, without the id. Then the parts go. */
export async function joinParts(bucket: R2Bucket, prefix: string, key: string): Promise<Written> {
	const parts = await list(bucket, prefix);
	const out = new ObjectWriter(bucket, key);
	const seen = new Set<string>();
	for (const part of parts) {
		const object = await bucket.get(part);
		if (object === null) continue;
		for await (const line of linesOf(object.body)) {
			const space = line.indexOf(" ");
			const id = line.slice(0, space);
			if (seen.has(id)) continue;
			seen.add(id);
			await out.write(`${line.slice(space + 1)}\n`);
		}
	}
	const bytes = await out.end();
	if (parts.length > 0) await bucket.delete(parts);
	return { events: seen.size, bytes };
}

/** At most a page: an export has some 100 parts. */
async function list(bucket: R2Bucket, prefix: string): Promise<string[]> {
	const { objects } = await bucket.list({ prefix });
	return objects.map(({ key }) => key);
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let rest = "";
	for await (const bytes of body) {
		const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
		rest = lines.pop() ?? "";
		yield* lines;
	}
}

/** Text into an object: at once where it is small, else in parts. */
class ObjectWriter {
	readonly #bucket: R2Bucket;
	readonly #key: string;
	readonly #encoder = new TextEncoder();
	#pending: Uint8Array[] = [];
	#pendingBytes = 0;
	#bytes = 0;
	#upload: R2MultipartUpload | null = null;
	#parts: R2UploadedPart[] = [];

	constructor(bucket: R2Bucket, key: string) {
		this.#bucket = bucket;
		this.#key = key;
	}

	async write(text: string): Promise<void> {
		const bytes = this.#encoder.encode(text);
		this.#pending.push(bytes);
		this.#pendingBytes += bytes.length;
		this.#bytes += bytes.length;
		if (this.#pendingBytes >= UPLOAD_BYTES) await this.#flush();
	}

	async end(): Promise<number> {
		if (this.#upload === null) await this.#bucket.put(this.#key, this.#take(), NDJSON);
		else {
			if (this.#pendingBytes > 0) await this.#flush();
			await this.#upload.complete(this.#parts);
		}
		return this.#bytes;
	}

	async #flush(): Promise<void> {
		this.#upload ??= await this.#bucket.createMultipartUpload(this.#key, NDJSON);
		this.#parts.push(await this.#upload.uploadPart(this.#parts.length + 1, this.#take()));
	}

	/** Parts but the last must be of one size: the rest of the last line waits for the next. */
	#take(): Uint8Array {
		const size = Math.min(this.#pendingBytes, UPLOAD_BYTES);
		const all = new Uint8Array(this.#pendingBytes);
		let at = 0;
		for (const bytes of this.#pending) {
			all.set(bytes, at);
			at += bytes.length;
		}
		this.#pending = size < all.length ? [all.slice(size)] : [];
		this.#pendingBytes -= size;
		return all.subarray(0, size);
	}
}

const NDJSON = { httpMetadata: { contentType: "application/x-ndjson" } };
