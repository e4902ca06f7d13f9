/** Shared links: whoever has one reads one dashboard's panels, and nothing else. Times are epoch ms. */
import * as z from "zod";
import { Author, Dashboard } from "./dashboard.ts";

export const NewShare = z.strictObject({
	name: z.string().trim().max(100).default(""),
	/** Days until it expires; null: never. */
	days: z.int().min(1).max(3650).nullable().default(30),
	/** May stand in a frame on the site's `embed_origins`. */
	embed: z.boolean().default(false),
	/** The viewer may choose another range; otherwise it is this, or the dashboard's. */
	choose_time: z.boolean().default(true),
	/** The viewer may choose values of variables; otherwise they are these, or the dashboard's. */
	choose_variables: z.boolean().default(false),
	time: z
		.strictObject({ from: z.string().max(64), to: z.string().max(64) })
		.nullable()
		.default(null),
	variables: z.record(z.string().max(32), z.array(z.string().max(256)).max(200)).default({}),
});
export type NewShare = z.infer<typeof NewShare>;

export const Share = NewShare.omit({ days: true }).extend({
	id: z.string(),
	dashboard: z.string(),
	created_at: z.number(),
	created_by: Author,
	expires_at: z.number().nullable(),
	revoked_at: z.number().nullable(),
	/** Only in the answer that made it: `/share/<id>#<signature>`, `/embed/<id>#<signature>`. */
	link: z.string().optional(),
	embed_link: z.string().optional(),
});
export type Share = z.infer<typeof Share>;

/** GET /v1/shared, with the link's token as bearer (`sh_<id>.<signature>`): all that its page needs. */
export const Shared = z.object({
	share: z.object({
		name: z.string(),
		expires_at: z.number().nullable(),
		choose_time: z.boolean(),
		choose_variables: z.boolean(),
		time: Share.shape.time,
		variables: Share.shape.variables,
	}),
	site: z.object({
		name: z.string(),
		zone: z.string(),
		currency: z.string().nullable(),
		week_start: z.enum(["monday", "sunday"]),
	}),
	uid: z.string(),
	version: z.int(),
	dashboard: Dashboard,
});
export type Shared = z.infer<typeof Shared>;
