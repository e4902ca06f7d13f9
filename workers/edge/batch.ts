/** From a batch to rows, event by event: what is refused, what is noted, what is counted. */
import {
	type EventNote,
	type EventRejection,
	type EventRow,
	FLAG,
	LIMITS,
	type WireBatch,
	type WireEvent,
} from "../../schema/event.ts";
import { deviceOf, enrich, isTooLarge } from "./enrich.ts";
import type { Counts } from "./refusals.ts";
import type { Sender } from "./sender.ts";
import { explain, isWireEvent, type Refusal, refusal } from "./validate.ts";
import type { CookielessId, Device } from "./visitor.ts";

export interface Prepared {
	rows: EventRow[];
	/** Each row's index in the batch. */
	indexes: number[];
	rejected: EventRejection[];
	notes: EventNote[];
	counts: Counts;
	/** Rows that have no visitor yet, and the devices that they came from. */
	cookieless: { row: EventRow; device: Device }[];
}

export function prepare(batch: WireBatch, sender: Sender): Prepared {
	const prepared: Prepared = { rows: [], indexes: [], rejected: [], notes: [], counts: {}, cookieless: [] };
	for (let index = 0; index < batch.events.length; index++) {
		const refused = add(prepared, batch.events[index], index, batch.batch_id, sender);
		if (refused) prepared.rejected.push({ index, ...refused });
	}
	const { rejected, counts } = prepared;
	if (rejected.length > 0) counts.invalid = rejected.length;
	return prepared;
}

function add(to: Prepared, event: unknown, index: number, batchId: string | undefined, sender: Sender): Refusal | null {
	if (!isWireEvent(event)) return { code: "invalid", message: explain(event) ?? "This is not an event." };
	const refused = refusal(event, sender.publicKey);
	if (refused) return refused;
	const row = enrich(event, idOf(event, batchId, index), sender);
	if (isTooLarge(row)) {
		const message = `An event has at most ${LIMITS.eventBytes / 1024} KiB: shorten its props.`;
		return { code: "too_large", message };
	}
	to.rows.push(row);
	to.indexes.push(index);
	const device = deviceOf(event, sender);
	if (device) to.cookieless.push({ row, device });
	if (row.flags & (FLAG.bot | FLAG.clamped)) note(to, row.flags, index);
	if (isForeign(event, sender)) to.notes.push({ index, code: "currency" });
	return null;
}

/** A currency is part of a sum, and a site has one or none. */
const isForeign = ({ value, currency }: WireEvent, { principal }: Sender) =>
	value !== undefined && currency !== undefined && currency !== principal.site.currency;

/**
 * An event without an id has one by its place in its batch, so that a retried batch is the same events. No id that
 * a caller can give has a space, so that none is taken by accident.
 */
export const idOf = (event: WireEvent, batchId: string | undefined, index: number) =>
	event.id ?? (batchId ? `${batchId} ${index}` : crypto.randomUUID());

function note({ notes, counts }: Prepared, flags: number, index: number): void {
	if (flags & FLAG.bot) {
		notes.push({ index, code: "bot" });
		counts.bot = (counts.bot ?? 0) + 1;
	}
	if (flags & FLAG.clamped) {
		notes.push({ index, code: "clamped" });
		counts.clamped = (counts.clamped ?? 0) + 1;
	}
}

/**
 * Gives rows without a visitor theirs, asking once per device. Answers the slot if all have one: the beacon repeats
 * it (`given`) for the life of the page, so that a change of network moves nobody to another partition.
 */
export async function identify(
	cookieless: Prepared["cookieless"],
	given: number | undefined,
	idOfDevice: (device: Device) => Promise<CookielessId>,
): Promise<number | undefined> {
	const ids = new Map<string, Promise<CookielessId>>();
	const slots = new Set<number>();
	for (const { row, device } of cookieless) {
		const key = `${device.ip}\n${device.userAgent}`;
		const asked = ids.get(key) ?? idOfDevice(device);
		ids.set(key, asked);
		const { today, yesterday, slot } = await asked;
		row.visitor_hi = today.hi;
		row.visitor_lo = today.lo;
		row.yesterday_hi = yesterday.hi;
		row.yesterday_lo = yesterday.lo;
		row.slot = given ?? slot;
		row.flags |= FLAG.cookieless;
		slots.add(row.slot);
	}
	return slots.size === 1 ? slots.values().next().value : undefined;
}
