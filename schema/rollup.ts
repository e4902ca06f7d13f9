import * as z from "zod";
import { type GRAINS, REASONS } from "./metric.ts";

/** A window's version: the higher (epoch, then n) wins everywhere downstream of its object (I4). */
export const Version = z.object({ epoch: z.int().nonnegative(), n: z.int().nonnegative() });
export type Version = z.infer<typeof Version>;

/** Queue message: names a window, never carries one. `bucket` is the window's start, epoch ms. */
export const RollupMessage = z.object({
	v: z.literal(1),
	tenant: z.string(),
	metric: z.string(),
	grain: z.enum(["hour", "day"]),
	bucket: z.int(),
	version: Version,
	/** The window is over: it may become Analytics Engine points. */
	closed: z.boolean(),
});
export type RollupMessage = z.infer<typeof RollupMessage>;

/** A window in the form in which it is stored and fetched: sections of bytes, each under 1 MiB (schema/core/window.ts). */
export interface StoredWindow {
	grain: (typeof GRAINS)[number];
	bucket: number;
	version: Version;
	sections: Section[];
}

/**
 * One part of a window, split by what is read together: a query for counts never reads sketches.
 * `part`: `total`, `dim:<dimension>`, `hit:<dimension>`, `cube`. `page` counts up where a part passes 1 MiB.
 */
export interface Section {
	part: string;
	page: number;
	/** Labels and count, sum, min, max … of each cell. */
	stats: Uint8Array;
	/** The cells' HLLs in the order of `stats`; empty where the metric has none. */
	uniques: Uint8Array;
	/** The cells' DDSketches in the order of `stats`; empty where no cell has values. */
	quantiles: Uint8Array;
}

/** How many bytes sections are as stored. */
export const sectionsBytes = (sections: readonly Section[]): number =>
	sections.reduce((sum, { stats, uniques, quantiles }) => sum + stats.length + uniques.length + quantiles.length, 0);

/** Overflow Queue message: one partition's batch that its log could not take. */
export const OverflowMessage = z.object({
	v: z.literal(1),
	tenant: z.string(),
	partition: z.int(),
	/** Base64 of an encoded event batch (schema/event.ts), at most 96 KB. */
	batch: z.string(),
	/** What the edge counted of that batch, as in AppendRequest. */
	counts: z.partialRecord(z.enum(REASONS), z.int()).optional(),
});
export type OverflowMessage = z.infer<typeof OverflowMessage>;
