/** What a store of windows is to the query: the windows of a stretch of time, in order, in chunks of bounded size. */
import type { Field } from "../../../durable-objects/rpc.ts";
import type { Grain } from "../../../schema/metric.ts";
import type { Section } from "../../../schema/rollup.ts";

export interface Stretch {
	grain: Grain;
	/** Windows whose start lies in [from, to), epoch ms. */
	from: number;
	to: number;
	parts: readonly string[];
	fields: readonly Field[];
}

export interface Chunk {
	windows: { bucket: number; sections: Section[] }[];
	/** All windows that start before this, epoch ms, have now been answered. */
	to: number;
	/** How far behind live it is, ms; 0 for a store of what is over. */
	behindMs: number;
}

/** A store of one metric's windows. */
export interface Source {
	read(stretch: Stretch): AsyncIterable<Chunk>;
}

/** A store that did not answer in time. */
export class TooSlow extends Error {
	override name = "TooSlow";
}

/** A store that has not answered for so long is taken for down (semantics: 504). Per chunk. */
export const TIMEOUT_MS = 10_000;

/** The answer, or TooSlow after `ms`. The work itself cannot be stopped, and its answer is then dropped. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new TooSlow(`no answer within ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
