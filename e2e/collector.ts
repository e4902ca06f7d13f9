import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request to the endpoint. */
export interface Received {
	path: string;
	key: string | null;
	contentType: string | undefined;
	cookie: string | undefined;
	userAgent: string | undefined;
	at: number;
	slot: number | undefined;
	events: ReceivedEvent[];
}
export interface ReceivedEvent {
	id: string;
	name: string;
	age: number;
	url?: string;
	referrer?: string;
	visitor_id?: string;
	user_id?: string;
	value?: number;
	currency?: string;
	interactive?: boolean;
	props: Record<string, unknown>;
	[field: string]: unknown;
}
export interface Answer {
	status: number;
	headers?: Record<string, string>;
	body?: unknown;
}

/** The network's other end: serves pages, records what the beacon sends, answers as told. */
export class Collector {
	readonly received: Received[] = [];
	/** What the next requests are answered, in order; then 202. */
	readonly answers: Answer[] = [];
	/** 202's body has this slot. */
	slot: number | undefined;
	readonly pages = new Map<string, { type: string; text: string }>();
	private readonly server = createServer((request, response) => {
		this.handle(request, response).catch((error: NodeJS.ErrnoException) => {
			// A page that is closed takes its request along.
			if (error.code !== "ECONNRESET") throw error;
		});
	});

	async listen(): Promise<string> {
		await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	/** Everything that was acknowledged or not, in order of arrival. */
	get events(): ReceivedEvent[] {
		return this.received.flatMap((request) => request.events);
	}

	named(name: string): ReceivedEvent[] {
		return this.events.filter((event) => event.name === name);
	}

	private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "/", "http://127.0.0.1");
		if (request.method !== "POST") {
			const page = this.pages.get(url.pathname) ?? this.pages.get("/");
			response.writeHead(page ? 200 : 404, { "content-type": page?.type ?? "text/plain" }).end(page?.text);
			return;
		}
		let text = "";
		for await (const chunk of request) text += chunk;
		const batch: { slot?: number; events: ReceivedEvent[] } = JSON.parse(text);
		this.received.push({
			path: url.pathname,
			key: url.searchParams.get("key"),
			contentType: request.headers["content-type"],
			cookie: request.headers.cookie,
			userAgent: request.headers["user-agent"],
			at: Date.now(),
			slot: batch.slot,
			events: batch.events,
		});
		const answer = this.answers.shift() ?? { status: 202 };
		const body = answer.body ?? { accepted: batch.events.length, rejected: [], notes: [], slot: this.slot };
		response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
		response.end(JSON.stringify(body));
	}
}
