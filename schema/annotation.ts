/** Annotations: what happened when, drawn on the charts of a site or of one dashboard. */
import * as z from "zod";
import { Author } from "./dashboard.ts";

const words = {
	error: "expected epoch ms or ISO 8601 with an offset, such as 1795338300000 or 2026-11-22T09:05:00Z",
};
const moment = z.union(
	[z.number(words).int(words).nonnegative(words), z.iso.datetime({ offset: true, ...words })],
	words,
);
const fields = {
	/** Epoch ms, or ISO 8601. */
	at: moment,
	/** The end, of one that lasted. */
	until: moment.nullable().default(null),
	text: z.string().trim().min(1).max(1000),
	tags: z.array(z.string().trim().min(1).max(40)).max(20).default([]),
	/** Only on this dashboard; null: on all of the site. */
	dashboard: z.string().max(40).nullable().default(null),
};
/** POST /v1/annotations; `at` left out is now. */
export const NewAnnotation = z.strictObject({ ...fields, at: fields.at.optional() });
/** PUT /v1/annotations/:id. */
export const AnnotationChange = z.strictObject({ ...fields, version: z.int().positive() });

export const Annotation = z.object({
	id: z.string(),
	/** Epoch ms. */
	at: z.number(),
	until: z.number().nullable(),
	text: z.string(),
	tags: z.array(z.string()),
	dashboard: z.string().nullable(),
	version: z.int(),
	by: Author,
	created_at: z.number(),
});
export type Annotation = z.infer<typeof Annotation>;
