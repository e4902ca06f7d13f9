import { asc, eq } from "drizzle-orm";
import { organisations } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type OrganisationRow = typeof organisations.$inferSelect;

export const organisationById = (env: StoreBindings, id: string): Promise<OrganisationRow | undefined> =>
	database(env).select().from(organisations).where(eq(organisations.id, id)).get();

export const listOrganisations = (env: StoreBindings): Promise<OrganisationRow[]> =>
	database(env).select().from(organisations).orderBy(asc(organisations.name), asc(organisations.id)).all();

export async function insertOrganisation(env: StoreBindings, row: OrganisationRow): Promise<void> {
	await database(env).insert(organisations).values(row);
}

/** Answers the organisation as it then is, or undefined where there is none. */
export const renameOrganisation = (
	env: StoreBindings,
	id: string,
	name: string,
): Promise<OrganisationRow | undefined> =>
	database(env).update(organisations).set({ name }).where(eq(organisations.id, id)).returning().get();
