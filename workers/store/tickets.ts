import { eq, lt } from "drizzle-orm";
import { tickets } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type TicketRow = typeof tickets.$inferSelect;

export async function insertTicket(env: StoreBindings, ticket: TicketRow): Promise<void> {
	await database(env).insert(tickets).values(ticket);
}

/** Deletes the ticket and answers it: whoever gets it is the one that used it. */
export function takeTicket(env: StoreBindings, hash: string): Promise<TicketRow | undefined> {
	return database(env).delete(tickets).where(eq(tickets.hash, hash)).returning().get();
}

export async function deleteTicketsBefore(env: StoreBindings, now: number): Promise<void> {
	await database(env).delete(tickets).where(lt(tickets.expiresAt, now));
}

export async function deleteTicketsOf(env: StoreBindings, site: string): Promise<void> {
	await database(env).delete(tickets).where(eq(tickets.site, site));
}
