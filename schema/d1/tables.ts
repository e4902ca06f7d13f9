/** D1: what is exact, small, and shared by all POPs. Times are epoch ms. `tenant` and `site` are the same id. */

import { customType, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Author } from "../dashboard.ts";

/** D1 answers a BLOB as an array of byte values, and takes bytes as an ArrayBuffer. */
const bytes = customType<{ data: Uint8Array; driverData: ArrayBuffer | number[] }>({
	dataType: () => "blob",
	fromDriver: (value) => new Uint8Array(value),
	toDriver: (value) => value.slice().buffer as ArrayBuffer,
});

const stringList = (column: string) => text(column, { mode: "json" }).$type<string[]>().notNull();

/** A site is a tenant. `version` is what PATCH compares; `deleted_at` is set when its deletion begins. */
export const sites = sqliteTable("sites", {
	id: text("id").primaryKey(),
	name: text("name").notNull(),
	/** IANA zone in which hours, days and weeks are cut. Set once. */
	zone: text("zone").notNull(),
	weekStart: text("week_start", { enum: ["monday", "sunday"] }).notNull(),
	/** ISO 4217, or null: values are plain numbers. */
	currency: text("currency"),
	/** Origins whose pages may use the write key, scheme://host[:port]; none: any. */
	origins: stringList("origins"),
	/** Declared dimensions beside country and device; they only grow. */
	dimensions: stringList("dimensions"),
	/** EventLog objects of the site. Set once. */
	partitions: integer("partitions").$type<1 | 4 | 16 | 64>().notNull(),
	/** Events a second that are let in; null: no limit. */
	quota: integer("quota"),
	/** The D1 database that holds the site's rollups. Named from day one, so that sharding needs no migration. */
	d1Shard: text("d1_shard").notNull().default("main"),
	/** Days that raw events are kept in the archive. */
	retentionDays: integer("retention_days").notNull().default(90),
	/** The organisation that owns it. */
	org: text("org").notNull().default("org_default"),
	/** Origins whose pages may show embedded dashboards in a frame; none: nobody. */
	embedOrigins: text("embed_origins", { mode: "json" }).$type<string[]>().notNull().default([]),
	version: integer("version").notNull().default(1),
	createdAt: integer("created_at").notNull(),
	deletedAt: integer("deleted_at"),
});

/** API keys, as SHA-256: the key itself is shown once and never stored. */
export const keys = sqliteTable(
	"keys",
	{
		id: text("id").primaryKey(),
		/** Hex. */
		hash: text("hash").notNull(),
		scope: text("scope", { enum: ["write", "server", "read", "edit", "admin"] }).notNull(),
		/** Null: a root key, which manages every site. */
		site: text("site"),
		name: text("name").notNull().default(""),
		/** First and last characters, so that a person can recognise it. */
		prefix: text("prefix").notNull(),
		last4: text("last4").notNull(),
		createdAt: integer("created_at").notNull(),
		revokedAt: integer("revoked_at"),
		/** Within some minutes. */
		lastUsedAt: integer("last_used_at"),
	},
	(t) => [uniqueIndex("keys_hash").on(t.hash), index("keys_site").on(t.site)],
);

/**
 * Closed and open hours and days of every metric, one row a section (schema/rollup.ts) and each row < 2 MB.
 * A rowid table: WITHOUT ROWID keeps whole rows in the key's B-tree, which is slow where rows are longer than
 * 1/20 of a page (sqlite.org/withoutrowid.html), and these are up to megabytes.
 */
export const rollups = sqliteTable(
	"rollups",
	{
		tenant: text("tenant").notNull(),
		metric: text("metric").notNull(),
		grain: text("grain", { enum: ["hour", "day"] }).notNull(),
		/** Start of the window. */
		bucket: integer("bucket").notNull(),
		/** `total`, `dim:<dimension>`, `hit:<dimension>`, `cube`. */
		part: text("part").notNull(),
		page: integer("page").notNull(),
		/** Version (epoch, n) of the window, the same in all of its rows. */
		epoch: integer("epoch").notNull(),
		n: integer("n").notNull(),
		/** How many pages the part has: a reader that finds another number refuses the window. */
		pages: integer("pages").notNull(),
		/** Order matters: SQLite reads a row from its front, so counts never touch the sketches' pages. */
		stats: bytes("stats").notNull(),
		uniques: bytes("uniques").notNull(),
		quantiles: bytes("quantiles").notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.tenant, t.metric, t.grain, t.bucket, t.part, t.page] }),
		index("rollups_age").on(t.grain, t.bucket),
	],
);

/** Closed hours that became Analytics Engine points. Marked before the points are written: at most once. */
export const pointsWritten = sqliteTable(
	"points_written",
	{
		tenant: text("tenant").notNull(),
		metric: text("metric").notNull(),
		bucket: integer("bucket").notNull(),
		/** Key of the last point handed over, in the order of `points()`; null: none yet. */
		cursor: text("cursor"),
		points: integer("points").notNull().default(0),
		done: integer("done", { mode: "boolean" }).notNull().default(false),
		updatedAt: integer("updated_at").notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.tenant, t.metric, t.bucket] }),
		index("points_written_open").on(t.done, t.updatedAt),
	],
);

/** Queue messages that were given up on, kept for a look and a replay. */
export const deadLetters = sqliteTable(
	"dead_letters",
	{
		id: text("id").primaryKey(),
		queue: text("queue").notNull(),
		/** Whose it was, where the body says so; only root sees the others. */
		tenant: text("tenant"),
		/** JSON. */
		body: text("body").notNull(),
		reason: text("reason").notNull(),
		at: integer("at").notNull(),
		replayedAt: integer("replayed_at"),
	},
	(t) => [index("dead_letters_tenant").on(t.tenant, t.at), index("dead_letters_at").on(t.at)],
);

/** Long work, in steps that may be repeated. */
export const jobs = sqliteTable(
	"jobs",
	{
		id: text("id").primaryKey(),
		kind: text("kind", { enum: ["delete_site", "export", "erase", "rebuild", "backfill"] }).notNull(),
		site: text("site").notNull(),
		/** failed: given up, with the reason in `error`. */
		status: text("status", { enum: ["waiting", "running", "done", "failed"] }).notNull(),
		step: text("step").notNull(),
		/** What the steps remember, and what the caller is told. */
		state: text("state", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
		error: text("error"),
		/** How often the step failed so far. */
		tries: integer("tries").notNull().default(0),
		createdAt: integer("created_at").notNull(),
		updatedAt: integer("updated_at").notNull(),
		/** When the next step may run; of an export that is done, when its result goes. */
		dueAt: integer("due_at").notNull(),
	},
	(t) => [index("jobs_due").on(t.status, t.dueAt), index("jobs_site").on(t.site)],
);

/** Random salt of a UTC day for cookieless visitor ids. Gone after two days, and with it any way back to an IP. */
export const salts = sqliteTable("salts", {
	/** YYYY-MM-DD. */
	day: text("day").primaryKey(),
	salt: bytes("salt").notNull(),
});

/** Single-use socket tickets, by SHA-256 (hex). */
export const tickets = sqliteTable(
	"tickets",
	{
		hash: text("hash").primaryKey(),
		site: text("site").notNull(),
		keyId: text("key_id").notNull(),
		expiresAt: integer("expires_at").notNull(),
	},
	(t) => [index("tickets_expiry").on(t.expiresAt)],
);

/**
 * The catalogue of the archive: Parquet objects on R2 (schema/archive). What is not in here, or is `replaced`, is not
 * part of any answer; a compaction or a rewrite swaps rows here in one batch.
 */
export const archiveSegments = sqliteTable(
	"archive_segments",
	{
		/** The R2 key. Deterministic: sealing the same offsets again writes the same object. */
		key: text("key").primaryKey(),
		tenant: text("tenant").notNull(),
		partition: integer("partition").notNull(),
		/** YYYY-MM-DD, UTC, of the commit of its first row. */
		day: text("day").notNull(),
		/** Journal offsets (after, last] that it holds; 0, 0 for imports. */
		afterOffset: integer("after_offset").notNull(),
		lastOffset: integer("last_offset").notNull(),
		rows: integer("rows").notNull(),
		bytes: integer("bytes").notNull(),
		/** Event times, epoch ms, both inclusive. */
		minTs: integer("min_ts").notNull(),
		maxTs: integer("max_ts").notNull(),
		/** Slots, both inclusive. */
		minSlot: integer("min_slot").notNull(),
		maxSlot: integer("max_slot").notNull(),
		/** Event names in it, at most 300; null: more. */
		names: text("names", { mode: "json" }).$type<string[]>(),
		/** Declared props with a column of their own. */
		props: stringList("props"),
		source: text("source", { enum: ["log", "compaction", "import", "erasure"] }).notNull(),
		createdAt: integer("created_at").notNull(),
		/** When another took its place; the object goes some minutes later, when no scan can still be reading it. */
		replacedAt: integer("replaced_at"),
	},
	(t) => [
		index("archive_segments_range").on(t.tenant, t.replacedAt, t.maxTs),
		index("archive_segments_offsets").on(t.tenant, t.partition, t.lastOffset),
		index("archive_segments_replaced").on(t.replacedAt, t.day),
	],
);

/** Saved segments (cohorts): filters by a name, usable wherever filters are. */
export const savedSegments = sqliteTable(
	"saved_segments",
	{
		tenant: text("tenant").notNull(),
		id: text("id").notNull(),
		name: text("name").notNull(),
		/** JSON of a Filter (schema/expression.ts). */
		filter: text("filter", { mode: "json" }).notNull(),
		version: integer("version").notNull().default(1),
		createdAt: integer("created_at").notNull(),
		updatedAt: integer("updated_at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

/** Saved funnels. They also run live in the log, as metric `funnel:<id>`. */
export const savedFunnels = sqliteTable(
	"saved_funnels",
	{
		tenant: text("tenant").notNull(),
		id: text("id").notNull(),
		name: text("name").notNull(),
		/** JSON of a FunnelDefinition (schema/questions.ts). */
		definition: text("definition", { mode: "json" }).notNull(),
		version: integer("version").notNull().default(1),
		createdAt: integer("created_at").notNull(),
		updatedAt: integer("updated_at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.tenant, t.id] })],
);

/** Who owns sites. `org_default` is there from the start. */
export const organisations = sqliteTable("organisations", {
	id: text("id").primaryKey(),
	name: text("name").notNull(),
	createdAt: integer("created_at").notNull(),
});

export const users = sqliteTable(
	"users",
	{
		id: text("id").primaryKey(),
		/** Lower case. */
		email: text("email").notNull(),
		name: text("name").notNull(),
		/** `scrypt$N$r$p$salt$hash`, base64url; null: signs in by Cloudflare Access only. */
		password: text("password"),
		createdAt: integer("created_at").notNull(),
		lastSeenAt: integer("last_seen_at"),
	},
	(t) => [uniqueIndex("users_email").on(t.email)],
);

export const members = sqliteTable(
	"members",
	{
		org: text("org").notNull(),
		user: text("user").notNull(),
		role: text("role", { enum: ["viewer", "editor", "admin"] }).notNull(),
		createdAt: integer("created_at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.org, t.user] }), index("members_user").on(t.user)],
);

/** Links that make a member, or set a member's password anew; by SHA-256 (hex) of their secret. */
export const invitations = sqliteTable(
	"invitations",
	{
		id: text("id").primaryKey(),
		hash: text("hash").notNull(),
		org: text("org").notNull(),
		email: text("email").notNull(),
		role: text("role", { enum: ["viewer", "editor", "admin"] }).notNull(),
		createdAt: integer("created_at").notNull(),
		expiresAt: integer("expires_at").notNull(),
		usedAt: integer("used_at"),
	},
	(t) => [uniqueIndex("invitations_hash").on(t.hash), index("invitations_org").on(t.org)],
);

/** Who is signed in, by the id in the signed cookie. Gone when signed out, or when the password changes. */
export const sessions = sqliteTable(
	"sessions",
	{
		id: text("id").primaryKey(),
		user: text("user").notNull(),
		createdAt: integer("created_at").notNull(),
		expiresAt: integer("expires_at").notNull(),
	},
	(t) => [index("sessions_user").on(t.user), index("sessions_expiry").on(t.expiresAt)],
);

/** Failed logins of late, by account and by address (an HMAC with a daily salt: no address is kept). */
export const loginFailures = sqliteTable("login_failures", {
	/** `email:<sha256>` or `from:<hmac>`. */
	who: text("who").primaryKey(),
	failures: integer("failures").notNull(),
	/** When the window began. */
	since: integer("since").notNull(),
});

/** What was changed, by whom. Kept for 400 days. */
export const audit = sqliteTable(
	"audit",
	{
		id: text("id").primaryKey(),
		org: text("org").notNull(),
		site: text("site"),
		at: integer("at").notNull(),
		actorKind: text("actor_kind", { enum: ["user", "key", "share", "system"] }).notNull(),
		actorId: text("actor_id").notNull(),
		actorName: text("actor_name").notNull(),
		action: text("action").notNull(),
		target: text("target").notNull(),
		detail: text("detail").notNull(),
	},
	(t) => [index("audit_org").on(t.org, t.at), index("audit_at").on(t.at)],
);

const author = (prefix: string) => text(prefix, { mode: "json" }).$type<Author>().notNull();

/** Dashboards as they are now; every version is in `dashboard_versions`. `body`: JSON of a Dashboard (schema/dashboard.ts). */
export const dashboards = sqliteTable(
	"dashboards",
	{
		tenant: text("tenant").notNull(),
		uid: text("uid").notNull(),
		title: text("title").notNull(),
		tags: stringList("tags"),
		body: text("body").notNull(),
		version: integer("version").notNull(),
		createdAt: integer("created_at").notNull(),
		createdBy: author("created_by"),
		updatedAt: integer("updated_at").notNull(),
		updatedBy: author("updated_by"),
	},
	(t) => [primaryKey({ columns: [t.tenant, t.uid] })],
);

export const dashboardVersions = sqliteTable(
	"dashboard_versions",
	{
		tenant: text("tenant").notNull(),
		uid: text("uid").notNull(),
		version: integer("version").notNull(),
		title: text("title").notNull(),
		body: text("body").notNull(),
		at: integer("at").notNull(),
		by: author("by"),
		message: text("message").notNull(),
	},
	(t) => [primaryKey({ columns: [t.tenant, t.uid, t.version] })],
);

/** Shared links (schema/share.ts). The signature in a link is an HMAC: no secret is kept. `options`: JSON of a NewShare. */
export const shares = sqliteTable(
	"shares",
	{
		id: text("id").primaryKey(),
		tenant: text("tenant").notNull(),
		dashboard: text("dashboard").notNull(),
		options: text("options").notNull(),
		createdAt: integer("created_at").notNull(),
		createdBy: author("created_by"),
		/** Null: never. */
		expiresAt: integer("expires_at"),
		revokedAt: integer("revoked_at"),
	},
	(t) => [index("shares_dashboard").on(t.tenant, t.dashboard)],
);

export const annotations = sqliteTable(
	"annotations",
	{
		tenant: text("tenant").notNull(),
		id: text("id").notNull(),
		at: integer("at").notNull(),
		until: integer("until"),
		text: text("text").notNull(),
		tags: stringList("tags"),
		/** Null: all of the site's. */
		dashboard: text("dashboard"),
		version: integer("version").notNull().default(1),
		by: author("by"),
		createdAt: integer("created_at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.tenant, t.id] }), index("annotations_at").on(t.tenant, t.at)],
);

/** Scheduled digests. `body`: JSON of a NewDigest (schema/digest.ts). */
export const digests = sqliteTable(
	"digests",
	{
		tenant: text("tenant").notNull(),
		id: text("id").notNull(),
		dashboard: text("dashboard").notNull(),
		body: text("body").notNull(),
		secret: text("secret").notNull(),
		enabled: integer("enabled", { mode: "boolean" }).notNull(),
		version: integer("version").notNull().default(1),
		createdAt: integer("created_at").notNull(),
		createdBy: author("created_by"),
		/** When the next one goes, or is tried again. */
		dueAt: integer("due_at").notNull(),
		tries: integer("tries").notNull().default(0),
		/** JSON: `last` of a Digest. */
		last: text("last"),
	},
	(t) => [primaryKey({ columns: [t.tenant, t.id] }), index("digests_due").on(t.enabled, t.dueAt)],
);
