/** People: organisations own sites, users are members of organisations in a role. Times are epoch ms. */
import * as z from "zod";

/** viewer: reads. editor: also saves dashboards, annotations, segments, funnels. admin: also people, keys, sites, shares of others. */
export const ROLES = ["viewer", "editor", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** With every request but GET that a cookie authenticates: the session's `csrf`. */
export const CSRF_HEADER = "x-nowcast-csrf";

export const Email = z
	.email()
	.max(254)
	.transform((email) => email.toLowerCase());
/** NIST SP 800-63B: length, and nothing about what it is made of. */
export const Password = z.string().min(10, "expected at least 10 characters").max(200);

export const SignIn = z.strictObject({
	email: Email,
	password: z.string().max(200),
	remember: z.boolean().default(false),
});
export const NewInvitation = z.strictObject({ email: Email, role: z.enum(ROLES) });
/** `token`: what stands after the # of the link. */
export const Acceptance = z.strictObject({
	token: z.string().max(100),
	name: z.string().trim().min(1).max(100),
	password: Password,
});
export const PasswordChange = z.strictObject({ current: z.string().max(200), next: Password });
export const AccountChange = z.strictObject({ name: z.string().trim().min(1).max(100) });
export const MemberChange = z.strictObject({ role: z.enum(ROLES) });

export const User = z.object({ id: z.string(), email: z.string(), name: z.string() });
export type User = z.infer<typeof User>;

/** GET /v1/session: who is signed in, and what that person sees. */
export const Session = z.object({
	user: User,
	csrf: z.string(),
	expires_at: z.number(),
	/** How: by password (sign out is possible), or by Cloudflare Access. */
	via: z.enum(["password", "access"]),
	organisations: z.array(z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES) })),
	sites: z.array(z.object({ id: z.string(), name: z.string(), org: z.string(), role: z.enum(ROLES) })),
});
export type Session = z.infer<typeof Session>;

export const Member = z.object({
	user: User,
	role: z.enum(ROLES),
	joined_at: z.number(),
	last_seen_at: z.number().nullable(),
});
export type Member = z.infer<typeof Member>;

export const Invitation = z.object({
	id: z.string(),
	email: z.string(),
	role: z.enum(ROLES),
	created_at: z.number(),
	expires_at: z.number(),
	/** Path with the secret after the #; only in the answer that made it. Also resets a member's password. */
	link: z.string().optional(),
});
export type Invitation = z.infer<typeof Invitation>;

/** Whatever the audit log may say was done: the resource, and what with it. */
export const AUDIT_ACTIONS = [
	"account.password",
	"account.reset",
	"account.update",
	"annotations.create",
	"annotations.delete",
	"annotations.update",
	"dashboards.create",
	"dashboards.delete",
	"dashboards.duplicate",
	"dashboards.import",
	"dashboards.restore",
	"dashboards.update",
	"dead.replay",
	"digests.create",
	"digests.delete",
	"digests.send",
	"digests.update",
	"funnels.create",
	"funnels.delete",
	"funnels.update",
	"import.create",
	"invitations.accept",
	"invitations.create",
	"invitations.delete",
	"keys.create",
	"keys.delete",
	"members.delete",
	"members.reset",
	"members.update",
	"organisations.create",
	"organisations.update",
	"rebuild.create",
	"segments.create",
	"segments.delete",
	"segments.update",
	"session.create",
	"session.delete",
	"session.refused",
	"sessions.delete",
	"shares.create",
	"shares.delete",
	"sites.create",
	"sites.delete",
	"sites.rollups",
	"sites.seal",
	"sites.update",
	"visitors.delete",
	"visitors.export",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** A line of the audit log. */
export const AuditEntry = z.object({
	id: z.string(),
	at: z.number(),
	actor: z.object({ kind: z.enum(["user", "key", "share", "system"]), id: z.string(), name: z.string() }),
	/** One of AUDIT_ACTIONS; of entries that an older Nowcast wrote maybe another. */
	action: z.string(),
	/** Id of what it was done to. */
	target: z.string(),
	/** A name of it, or what changed, in words. */
	detail: z.string(),
	site: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
