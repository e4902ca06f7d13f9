import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { members, organisations, sites, users } from "../../schema/d1/tables.ts";
import type { Role } from "../../schema/people.ts";
import { database, type StoreBindings } from "./db.ts";
import type { SiteRow } from "./sites.ts";
import type { UserRow } from "./users.ts";

export interface Membership {
	org: string;
	name: string;
	role: Role;
	/** When it began. */
	createdAt: number;
}

/** Organisations that have the user as a member, by name. */
export function membershipsOf(env: StoreBindings, user: string): Promise<Membership[]> {
	const { org, role, createdAt } = members;
	return database(env)
		.select({ org, name: organisations.name, role, createdAt })
		.from(members)
		.innerJoin(organisations, eq(organisations.id, members.org))
		.where(eq(members.user, user))
		.orderBy(asc(organisations.name), asc(org))
		.all();
}

/** Sites of those organisations, by name. */
export async function sitesOfUser(env: StoreBindings, user: string): Promise<SiteRow[]> {
	const rows = await database(env)
		.select({ site: sites })
		.from(sites)
		.innerJoin(members, eq(members.org, sites.org))
		.where(and(eq(members.user, user), isNull(sites.deletedAt)))
		.orderBy(sql`${sites.name} COLLATE NOCASE`, asc(sites.id))
		.all();
	return rows.map(({ site }) => site);
}

export type MemberRow = Membership & { user: UserRow };

const withUsers = (env: StoreBindings) =>
	database(env)
		.select({
			org: members.org,
			name: organisations.name,
			role: members.role,
			createdAt: members.createdAt,
			user: users,
		})
		.from(members)
		.innerJoin(users, eq(users.id, members.user))
		.innerJoin(organisations, eq(organisations.id, members.org))
		.$dynamic();

export const listMembers = (env: StoreBindings, org: string): Promise<MemberRow[]> =>
	withUsers(env).where(eq(members.org, org)).orderBy(asc(members.createdAt), asc(members.user)).all();

export const memberOf = (env: StoreBindings, org: string, user: string): Promise<MemberRow | undefined> =>
	withUsers(env)
		.where(and(eq(members.org, org), eq(members.user, user)))
		.get();

/** Inserts the member unless it is one. */
export async function insertMember(env: StoreBindings, row: typeof members.$inferInsert): Promise<void> {
	await database(env).insert(members).values(row).onConflictDoNothing();
}

/** Read by the statement that changes the member, so that two admins cannot both leave at once. */
const hasAnotherAdmin = (org: string) =>
	sql`(${members.role} <> 'admin' OR (SELECT count(*) FROM ${members} m WHERE m.org = ${org} AND m.role = 'admin') > 1)`;

/** Answers false where there is no such member, or it is the last admin and would be none. */
export async function changeRole(env: StoreBindings, org: string, user: string, role: Role): Promise<boolean> {
	const { meta } = await database(env)
		.update(members)
		.set({ role })
		.where(and(eq(members.org, org), eq(members.user, user), role === "admin" ? undefined : hasAnotherAdmin(org)));
	return meta.changes > 0;
}

/** Answers false where there is no such member, or it is the last admin. */
export async function deleteMember(env: StoreBindings, org: string, user: string): Promise<boolean> {
	const { meta } = await database(env)
		.delete(members)
		.where(and(eq(members.org, org), eq(members.user, user), hasAnotherAdmin(org)));
	return meta.changes > 0;
}
