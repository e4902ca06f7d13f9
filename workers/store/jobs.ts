import { and, asc, eq, inArray, lte, ne } from "drizzle-orm";
import { jobs } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type JobRow = typeof jobs.$inferSelect;

export async function insertJob(env: StoreBindings, job: typeof jobs.$inferInsert): Promise<void> {
	await database(env).insert(jobs).values(job).onConflictDoNothing();
}

export function jobById(env: StoreBindings, id: string): Promise<JobRow | undefined> {
	return database(env).select().from(jobs).where(eq(jobs.id, id)).get();
}

/** The site's job that is not done yet. */
export function openJobOf(env: StoreBindings, site: string): Promise<JobRow | undefined> {
	return database(env)
		.select()
		.from(jobs)
		.where(and(eq(jobs.site, site), ne(jobs.status, "done")))
		.get();
}

/** Where the job stands after a step. */
export async function saveJob(
	env: StoreBindings,
	id: string,
	change: Partial<Pick<JobRow, "status" | "step" | "state" | "error" | "dueAt">> & { updatedAt: number },
): Promise<void> {
	await database(env).update(jobs).set(change).where(eq(jobs.id, id));
}

/** Jobs whose next step is due: what the cron kicks where a queue message was lost. */
export function dueJobs(env: StoreBindings, now: number, limit: number): Promise<JobRow[]> {
	return database(env)
		.select()
		.from(jobs)
		.where(and(inArray(jobs.status, ["waiting", "running"]), lte(jobs.dueAt, now)))
		.orderBy(asc(jobs.dueAt))
		.limit(limit)
		.all();
}
