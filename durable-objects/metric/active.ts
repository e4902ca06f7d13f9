/** Active now: distinct visitors of the last thirty 10-second slots, and how that falls if nobody comes any more. */
import { Hll, P_TOTAL } from "../../schema/core/hll.ts";
import { decodePart } from "../../schema/core/window.ts";
import type { Active } from "../../schema/live.ts";
import { SLOT_DIMENSION } from "../../schema/metric.ts";
import { MINUTE } from "./state.ts";
import { type Sources, viewsOf } from "./windows.ts";

const SLOT_MS = 10_000;
const SLOTS = 30;
/** A slot counts from its start until this much later. */
const LIFE_MS = SLOTS * SLOT_MS;
const PART = `dim:${SLOT_DIMENSION}`;

export function activeNow(sources: Sources, now: number): { active: Active; rows: number } {
	const oldest = Math.floor(now / SLOT_MS) * SLOT_MS - LIFE_MS + SLOT_MS;
	const slots = new Map<number, Hll>();
	const add = (minute: number, label: string, uniques: Hll | null) => {
		const start = minute + Number(label) * SLOT_MS;
		if (uniques === null || !(start >= oldest)) return;
		const known = slots.get(start) ?? new Hll(P_TOTAL);
		known.merge(uniques);
		slots.set(start, known);
	};
	const views = viewsOf(sources, "minute", Math.floor(oldest / MINUTE) * MINUTE, now + MINUTE, [PART]);
	for (const { bucket, stored, pending } of views) {
		for (const pages of stored.map((read) => read().filter((s) => s.part === PART))) {
			if (pages.length === 0) continue;
			const { labels, cells } = decodePart(pages);
			for (const [i, cell] of cells.entries()) add(bucket, labels[0]?.[i] ?? "", cell.uniques);
		}
		for (const window of pending) {
			for (const [label, cell] of window.dims.get(SLOT_DIMENSION) ?? []) add(bucket, label, cell.uniques);
		}
	}
	return { active: countDown(slots), rows: views.length };
}

/** The union from each slot on, newest first: what is left when the slots before it have expired. */
export function countDown(slots: ReadonlyMap<number, Hll>): Active {
	const newestFirst = [...slots].sort(([a], [b]) => b - a);
	const union = new Hll(P_TOTAL);
	const expiries: [number, number][] = [];
	let left = 0;
	for (const [start, uniques] of newestFirst) {
		union.merge(uniques);
		const count = Math.round(union.count());
		if (count !== left) expiries.push([start + LIFE_MS, left]);
		left = count;
	}
	return { now: left, expiries: expiries.reverse() };
}
