/** Hibernating sockets: how they are taken, written to, refused, and let go. */
import { LIVE_PROTOCOL, PING, PONG } from "../schema/live.ts";
import type { Problem } from "../schema/problem.ts";

/**
 * The headers in which the Worker hands over the parsed subscriptions, a URI-encoded JSON array, and the cursors to resume
 * from: one for all, or comma-separated in the order of the subscriptions.
 */
export const SUBSCRIPTIONS_HEADER = "x-nowcast-subscriptions";
export const CURSOR_HEADER = "x-nowcast-cursor";
/** The id of the key, session or share that authenticated the viewer: looked up again while the socket stands. */
export const KEY_HEADER = "x-nowcast-key";

/** Close codes: what the peer sent breaks the rules; our fault; going away. */
export const POLICY = 1008;
export const INTERNAL = 1011;
export const AWAY = 1001;
/** Codes that only describe a close and are never sent. */
const NEVER_SENT = new Set([1004, 1005, 1006, 1015]);
/** Attachments are at most 16,384 bytes; the rest is for its own framing. */
const ATTACHMENT_BYTES = 15_000;

/** Takes a socket that survives hibernation; `ping` is answered without waking the object. */
export function acceptSocket(
	ctx: DurableObjectState,
	tags: string[],
	attachment: object,
): { client: WebSocket; server: WebSocket } {
	const pair = new WebSocketPair();
	const [client, server] = [pair[0], pair[1]];
	ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
	ctx.acceptWebSocket(server, tags);
	server.serializeAttachment(attachment);
	return { client, server };
}

export const fitsAttachment = (attachment: object) =>
	new TextEncoder().encode(JSON.stringify(attachment)).length <= ATTACHMENT_BYTES;

/** The answer to an upgrade. The key that came as a second subprotocol is never repeated. */
export const upgraded = (client: WebSocket) =>
	new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": LIVE_PROTOCOL } });

/** The subscription that is at fault, and where no hello told them the names of all. */
export interface Fault {
	sub?: string;
	subs?: readonly string[];
}

/** A browser cannot read the body of a refused upgrade: the socket is taken, told the problem, and closed. */
export function refuseSocket(problem: Problem, fault?: Fault): Response {
	const pair = new WebSocketPair();
	const [client, server] = [pair[0], pair[1]];
	server.accept();
	server.send(errorFrame(problem, fault));
	server.close(problem.status >= 500 ? INTERNAL : POLICY, problem.code);
	return upgraded(client);
}

export const errorFrame = (problem: Problem, fault: Fault = {}) =>
	JSON.stringify({ t: "error", ...fault, problem: problem.toDocument() });

/** Sends, or says that the socket is gone. */
export function sendTo(socket: WebSocket, frame: string): boolean {
	try {
		socket.send(frame);
		return true;
	} catch {
		// It closed between being listed and being written to; webSocketClose or the reaper ends it.
		return false;
	}
}

export function closeSocket(socket: WebSocket, code: number, reason: string): void {
	try {
		socket.close(NEVER_SENT.has(code) ? 1000 : code, reason);
	} catch {
		// It is closed already: nothing is left to be done.
	}
}

/** Closes sockets that gave no sign of life since `before`: neither a ping, nor, by `openedAt`, their opening. */
export function reapSockets(ctx: DurableObjectState, before: number, openedAt: (socket: WebSocket) => number): number {
	let reaped = 0;
	for (const socket of ctx.getWebSockets()) {
		const pinged = ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
		if (Math.max(pinged, openedAt(socket)) >= before) continue;
		closeSocket(socket, AWAY, "no ping");
		reaped++;
	}
	return reaped;
}
