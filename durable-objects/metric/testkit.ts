/** For tests: events as spans, the way a log would fold them, and a brute-force model of what they must add up to. */
import { hash64 } from "../../schema/core/hash.ts";
import { encodeSpan, Window, type WindowShape } from "../../schema/core/window.ts";
import type { ApplyRequest } from "../rpc.ts";

export const MINUTE = 60_000;
export const SHAPE: WindowShape = { cube: ["country", "device"], marginals: ["slot10"], hits: ["path"], signed: false };

export interface TestEvent {
	at: number;
	visitor: string;
	country?: string;
	path?: string;
	value?: number;
}

export function windowsOf(events: readonly TestEvent[]): Map<number, Window> {
	const minutes = new Map<number, Window>();
	for (const { at, visitor, country = "DE", path = "/", value = Number.NaN } of events) {
		const minute = Math.floor(at / MINUTE) * MINUTE;
		const window = minutes.get(minute) ?? new Window(SHAPE);
		minutes.set(minute, window);
		const { hi, lo } = hash64(visitor);
		const slot = String(Math.floor((at - minute) / 10_000));
		window.add([country, "desktop"], [slot], [path], value, hi, lo);
	}
	return minutes;
}

/** A log partition: remembers its offset, sends what it is given as the next span. */
export class TestLog {
	readonly partition: number;
	offset = 0;

	constructor(partition = 0) {
		this.partition = partition;
	}

	request(events: readonly TestEvent[]): ApplyRequest {
		const from = this.offset;
		this.offset += Math.max(1, events.length);
		const receivedAt = events.reduce((newest, e) => Math.max(newest, e.at), 0);
		return { partition: this.partition, from, to: this.offset, span: encodeSpan(windowsOf(events)), receivedAt };
	}
}

export function countBy<T>(items: readonly T[], key: (item: T) => number): Map<number, number> {
	const counts = new Map<number, number>();
	for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
	return counts;
}
