import { and, asc, count, desc, eq, gt, inArray, lte, ne, sql } from "drizzle-orm";
import { jobs } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type JobRow = typeof jobs.$inferSelect;

/** Neither done nor given up. */
const OPEN = ["waiting", "running"] as const;

export async function insertJob(env: StoreBindings, job: typeof jobs.$inferInsert): Promise<void> {
	await database(env).insert(jobs).values(job).onConflictDoNothing();
}

export function jobById(env: StoreBindings, id: string): Promise<JobRow | undefined> {
	return database(env).select().from(jobs).where(eq(jobs.id, id)).get();
}

/** The newest of a site's. */
export function listJobs(env: StoreBindings, site: string, limit: number): Promise<JobRow[]> {
	return database(env)
		.select()
		.from(jobs)
		.where(eq(jobs.site, site))
		.orderBy(desc(jobs.createdAt), desc(jobs.id))
		.limit(limit)
		.all();
}

/** The site's job of a kind that is not over yet. */
export function openJobOf(env: StoreBindings, site: string, kind: JobRow["kind"]): Promise<JobRow | undefined> {
	return database(env)
		.select()
		.from(jobs)
		.where(and(eq(jobs.site, site), eq(jobs.kind, kind), inArray(jobs.status, [...OPEN])))
		.get();
}

/** The days, [from, to) in epoch ms, whose windows a site's rebuilds have not come to yet. */
export function openRebuilds(env: StoreBindings, site: string): Promise<{ from: number; to: number }[]> {
	const at = (name: string) => sql<number>`json_extract(${jobs.state}, ${`$.${name}`})`;
	return database(env)
		.select({ from: at("next"), to: at("to") })
		.from(jobs)
		.where(and(eq(jobs.site, site), eq(jobs.kind, "rebuild"), inArray(jobs.status, [...OPEN])))
		.all();
}

/** Takes the job's step until `lease`. Of several who found it due only one gets it: answers whether it was this one. */
export async function claimJob(env: StoreBindings, job: JobRow, lease: number, now: number): Promise<boolean> {
	const { meta } = await database(env)
		.update(jobs)
		.set({ status: "running", dueAt: lease, updatedAt: now })
		.where(
			and(eq(jobs.id, job.id), eq(jobs.dueAt, job.dueAt), eq(jobs.step, job.step), inArray(jobs.status, [...OPEN])),
		);
	return meta.changes > 0;
}

/** Where the job stands after a step. Answers false where the lease was lost: another has the step now. */
export async function saveStep(
	env: StoreBindings,
	id: string,
	lease: number,
	change: Partial<Pick<JobRow, "step" | "state">> & Pick<JobRow, "status" | "error" | "tries" | "dueAt" | "updatedAt">,
): Promise<boolean> {
	const { meta } = await database(env)
		.update(jobs)
		.set(change)
		.where(and(eq(jobs.id, id), eq(jobs.dueAt, lease)));
	return meta.changes > 0;
}

/** Jobs whose next step is due: what the cron kicks where a queue message was lost. */
export function dueJobs(env: StoreBindings, now: number, limit: number): Promise<JobRow[]> {
	return database(env)
		.select()
		.from(jobs)
		.where(and(inArray(jobs.status, [...OPEN]), lte(jobs.dueAt, now)))
		.orderBy(asc(jobs.dueAt))
		.limit(limit)
		.all();
}

/** The site's jobs but its deletion: they may name visitors. */
export async function deleteOtherJobsOf(env: StoreBindings, site: string): Promise<void> {
	await database(env)
		.delete(jobs)
		.where(and(eq(jobs.site, site), ne(jobs.kind, "delete_site")));
}

/** How many of a site's jobs are not over. */
export async function countOpenJobs(env: StoreBindings, site: string): Promise<number> {
	const found = await database(env)
		.select({ open: count() })
		.from(jobs)
		.where(and(eq(jobs.site, site), inArray(jobs.status, [...OPEN])))
		.get();
	return found?.open ?? 0;
}

/** Jobs that are done, whose results are to go. */
export function expiredJobs(env: StoreBindings, kind: JobRow["kind"], now: number, limit: number): Promise<JobRow[]> {
	return database(env)
		.select()
		.from(jobs)
		.where(and(eq(jobs.kind, kind), eq(jobs.status, "done"), eq(jobs.step, "done"), lte(jobs.dueAt, now)))
		.limit(limit)
		.all();
}

export async function markExpired(
	env: StoreBindings,
	id: string,
	state: Record<string, unknown>,
	now: number,
): Promise<void> {
	await database(env).update(jobs).set({ step: "expired", state, updatedAt: now }).where(eq(jobs.id, id));
}

/** Exports of a visitor whose result is there, or may come. */
export function exportsOf(env: StoreBindings, site: string, visitor: string): Promise<JobRow[]> {
	return database(env)
		.select()
		.from(jobs)
		.where(
			and(eq(jobs.site, site), eq(jobs.kind, "export"), sql`json_extract(${jobs.state}, '$.visitor') = ${visitor}`),
		)
		.all();
}

/** Ends a job, or takes its result back. A step that is running loses its lease. */
export async function giveUpJob(env: StoreBindings, { id, state }: JobRow, error: string, now: number): Promise<void> {
	const gone = { step: "expired", state: { ...state, result: null }, error, dueAt: now, updatedAt: now };
	await database(env)
		.update(jobs)
		.set({ ...gone, status: sql`iif(${jobs.status} = 'done', 'done', 'failed')` })
		.where(and(eq(jobs.id, id), ne(jobs.step, "expired")));
}

/** Whether a step of another job of the site and kind is at work: whoever asks has its own lease already. */
export async function isAnotherAtWork(
	env: StoreBindings,
	{ id, site }: Pick<JobRow, "id" | "site">,
	kind: JobRow["kind"],
	now: number,
): Promise<boolean> {
	const atWork = and(eq(jobs.status, "running"), gt(jobs.dueAt, now));
	const found = await database(env)
		.select({ id: jobs.id })
		.from(jobs)
		.where(and(eq(jobs.site, site), eq(jobs.kind, kind), atWork, ne(jobs.id, id)))
		.limit(1)
		.get();
	return found !== undefined;
}
