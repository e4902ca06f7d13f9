/** Digests: a dashboard's figures, sent to a webhook every day or week. Times are epoch ms. */
import * as z from "zod";
import { Author } from "./dashboard.ts";

export const NewDigest = z.strictObject({
	dashboard: z.string().max(40),
	name: z.string().trim().min(1).max(100),
	/** https; on one machine also http. */
	url: z.url({ protocol: /^https?$/ }).max(1000),
	every: z.enum(["day", "week"]).default("day"),
	/** 0 Sunday … 6 Saturday, of `week`. */
	weekday: z.int().min(0).max(6).default(1),
	/** Local time in the site's zone. */
	hour: z.int().min(0).max(23).default(8),
	/** json: everything. slack: `text` and `blocks`, as Slack and its like take them. */
	format: z.enum(["json", "slack"]).default("json"),
	enabled: z.boolean().default(true),
});
export const DigestChange = NewDigest.omit({ dashboard: true }).extend({ version: z.int().positive() });

/** What came of a delivery: `status` null where no answer came; `error` null where it was taken (2xx). */
export const Delivery = z.object({ at: z.number(), status: z.number().nullable(), error: z.string().nullable() });
export type Delivery = z.infer<typeof Delivery>;

export const Digest = NewDigest.extend({
	id: z.string(),
	version: z.int(),
	created_at: z.number(),
	created_by: Author,
	due_at: z.number(),
	/** The newest delivery. */
	last: Delivery.nullable(),
	/** Signs deliveries (standard-webhooks.com); only in the answer that made it. */
	secret: z.string().optional(),
});
export type Digest = z.infer<typeof Digest>;
export type NewDigest = z.infer<typeof NewDigest>;

const figure = {
	value: z.number().nullable(),
	/** Of the period before. */
	previous: z.number().nullable(),
	/** (value − previous) / previous: 0.12 is 12 % more. Null where there is nothing to compare with. */
	change: z.number().nullable(),
};

/** A panel's figure of the period. */
export const DigestPanel = z.object({
	id: z.string(),
	title: z.string(),
	kind: z.string(),
	/** percent: of a share, 0 to 1. duration: ms. currency: in the digest's `currency`. */
	unit: z.enum(["count", "number", "currency", "duration", "percent"]),
	...figure,
	/** The largest groups, or the panel's further series; at most 5. */
	rows: z.array(z.object({ label: z.string(), ...figure })).optional(),
	/** Why there is no value. */
	problem: z.string().optional(),
});
export type DigestPanel = z.infer<typeof DigestPanel>;

/** The body of a delivery of format json. Times are ISO 8601 with the site's offset; a period is half open. */
export const DigestPayload = z.object({
	type: z.literal("digest"),
	v: z.literal(1),
	id: z.string(),
	name: z.string(),
	site: z.object({ id: z.string(), name: z.string(), zone: z.string() }),
	/** `path`: where this Nowcast shows it. `url`: the same with the address under which the digest was saved. */
	dashboard: z.object({ uid: z.string(), title: z.string(), path: z.string(), url: z.string() }),
	every: z.enum(["day", "week"]),
	period: z.object({ from: z.string(), to: z.string() }),
	currency: z.string().nullable(),
	panels: z.array(DigestPanel),
});
export type DigestPayload = z.infer<typeof DigestPayload>;
