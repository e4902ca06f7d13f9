import { settings } from "./settings.ts";
import { read, write } from "./storage.ts";
import type { BeaconEvent } from "./types.ts";

/** Batches leave this often (ms); the first event after a pause at once. A second is what a live panel forgives. */
const BATCH_MS = 1000;
const BATCH_EVENTS = 20;
/** UTF-16 units a request, at most 60,000 bytes: browsers allow 64 KiB for requests that outlive their page. */
const BATCH_UNITS = 20_000;
/** Events kept in memory and in storage; the oldest go first. A long train ride, some 100 KB. */
const MAX_EVENTS = 200;
/** Backoff doubles from 1 s to this (ms). */
const MAX_BACKOFF_MS = 60_000;
/** A request without an answer is a failed one (ms). */
const TIMEOUT_MS = 30_000;

/** An event and when it happened by this browser's clock: only ever compared with itself, never sent. */
interface Item {
	e: BeaconEvent;
	t: number;
}

/** Name of the ring in localStorage; empty while nothing may be stored. */
let ring = "";
let held = false;
let waiting: Item[] = [];
let inFlight: Item[] = [];
let timer: ReturnType<typeof setTimeout>;
let lastSent = 0;
let notBefore = 0;
let failures = 0;
/** Cookieless: the slot of the first answer, repeated for the life of the page. */
let slot: number | undefined;

/** Allows (a name) or forbids ("") storage. What an earlier page left unacknowledged joins the queue, ids as they were. */
export function persist(name: string): void {
	if (!ring && name) {
		const mine = waiting;
		waiting = read<Item[]>(name) ?? [];
		ring = name;
		mine.map(add);
	}
	ring = name;
}

/** While held, nothing leaves. What was held learns whose it is, now that one may know. */
export function hold(on: boolean, visitor: string | undefined): void {
	if (held) for (const item of waiting) item.e.visitor_id ??= visitor;
	held = on;
	schedule();
}

export function clear(): void {
	waiting = [];
}

const without = (items: Item[], gone: Item[]): Item[] => items.filter((item) => !gone.includes(item));

/** Another tab may share the ring: what is there now is what is changed. */
function store(change: (items: Item[]) => Item[]): void {
	const left = ring && change(read<Item[]>(ring) ?? []);
	if (left) write(ring, left[0] && left);
}

function add(item: Item): void {
	const append = (items: Item[]) => [...items, item].slice(-MAX_EVENTS);
	waiting = append(waiting);
	store(append);
}

export function enqueue(event: BeaconEvent): void {
	add({ e: event, t: Date.now() });
	schedule();
}

function acknowledge(batch: Item[]): void {
	waiting = without(waiting, batch);
	store((items) => items.filter(({ e }) => !batch.some((item) => item.e.id === e.id)));
}

function schedule(): void {
	clearTimeout(timer);
	const full = waiting.length >= BATCH_EVENTS;
	const wait = Math.max(notBefore, full ? 0 : lastSent + BATCH_MS) - Date.now();
	// A microtask, not a call: what one task tracks leaves in one request.
	if (wait > 0) timer = setTimeout(send, wait);
	else queueMicrotask(send);
}

/** As many of the items as one request carries. */
function take(items: Item[]): Item[] {
	let units = 0;
	return items.slice(0, BATCH_EVENTS).filter((item, index) => {
		units += JSON.stringify(item).length;
		return !index || units < BATCH_UNITS;
	});
}

/** Ages are taken now: a retry states them anew. A clock that was set back gives 0. */
const body = (batch: Item[]): string =>
	JSON.stringify({ v: 1, slot, events: batch.map(({ e, t }) => ({ ...e, age: Math.max(0, Date.now() - t) })) });

async function send(): Promise<void> {
	if (!settings || held || inFlight[0] || !waiting[0]) return;
	inFlight = take(waiting);
	clearTimeout(timer);
	lastSent = Date.now();
	// Seconds after which to try again (0: unsaid), undefined once the batch is settled.
	let retryAfter: number | undefined = 0;
	try {
		const text = body(inFlight);
		const response = await fetch(settings.endpoint, {
			method: "POST",
			body: text,
			keepalive: text.length < BATCH_UNITS * 1.5,
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		const refused = response.status === 429 || response.status > 499;
		retryAfter = refused ? Number(response.headers.get("retry-after")) || 0 : undefined;
		slot = (await response.json()).slot ?? slot;
	} catch {
		// No network; or a body that breaks off, which takes no acknowledgement back.
	}
	if (retryAfter === undefined) {
		acknowledge(inFlight);
		failures = notBefore = 0;
	} else {
		const backoff = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** failures++);
		notBefore = Date.now() + retryAfter * 1000 + backoff * (0.5 + Math.random() / 2);
	}
	inFlight = [];
	if (waiting[0]) schedule();
}

/** Tries now, whatever the backoff: asked for, or the network came back. What does not fit one request follows by itself. */
export function flush(): Promise<void> {
	failures = notBefore = 0;
	return send();
}

/**
 * The page is going, or hidden and may never come back. `sendBeacon` has no answer, so stored events stay in the ring
 * and go once more with the next page's first batch: their ids make that harmless, and a lost beacon loses nothing.
 */
export function leave(): void {
	const batch = take(without(waiting, inFlight));
	if (!settings || held || !batch[0] || !navigator.sendBeacon(settings.endpoint, body(batch))) return;
	waiting = without(waiting, batch);
	leave();
}
