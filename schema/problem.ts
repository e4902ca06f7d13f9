/** RFC 9457 problem documents: the only form in which a caller is told of an error. */
export interface ProblemDocument {
	type: string;
	title: string;
	status: number;
	detail: string;
	[extension: string]: unknown;
}

/** By status, for people, keys and links alike: who asks is told by `detail` what is wrong for them. */
const TITLES: Record<number, string> = {
	400: "Malformed request",
	401: "Not authenticated",
	403: "Not allowed",
	404: "Not found",
	405: "Method not allowed",
	409: "Conflict",
	411: "Length required",
	413: "Too large",
	415: "Unsupported media type",
	422: "Valid but meaningless",
	429: "Too many requests",
	500: "Internal error",
	503: "Unavailable, try again",
	504: "A store was too slow",
};

export interface ProblemOptions {
	/** Seconds after which a retry makes sense; sent as Retry-After. */
	retryAfter?: number;
	/** Methods that the path does take, of a 405; sent as Allow. */
	allow?: readonly string[];
	/** Further members of the document. */
	extra?: Record<string, unknown>;
}

/** An error meant for the caller. `code` is a stable slug, `detail` says what to do about it. */
export class Problem extends Error {
	override name = "Problem";
	readonly status: number;
	readonly code: string;
	readonly options: ProblemOptions;

	constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
		super(detail);
		this.status = status;
		this.code = code;
		this.options = options;
	}

	toDocument(): ProblemDocument {
		return {
			type: `urn:nowcast:problem:${this.code}`,
			title: TITLES[this.status] ?? "Error",
			status: this.status,
			detail: this.message,
			...this.options.extra,
		};
	}

	toResponse(): Response {
		const headers = new Headers({
			"content-type": "application/problem+json",
			"cache-control": "no-store",
			"access-control-allow-origin": "*",
		});
		if (this.options.retryAfter !== undefined) headers.set("retry-after", String(this.options.retryAfter));
		if (this.options.allow !== undefined) headers.set("allow", this.options.allow.join(", "));
		return new Response(JSON.stringify(this.toDocument()), { status: this.status, headers });
	}
}
