/**
 * Forgets a site in every store. A job of steps that may each be repeated: D1's `jobs` says which one is due, a Queue
 * message or the cron brings it (run.ts). The order matters: first nothing new may come in, then what produces goes
 * before what it produces into.
 */
import * as z from "zod";
import { directory, logStub, metricStub, proxyStub } from "../../durable-objects/stubs.ts";
import { PAGEVIEW } from "../../schema/event.ts";
import { archivePrefix, type TenantId, tenantId } from "../../schema/ids.ts";
import { ALL, funnelWindows, INGEST, OTHER, SESSION } from "../../schema/metric.ts";
import type { Env } from "../env.ts";
import { PROXIES } from "../panels/proxy.ts";
import { deleteAnnotationsOf } from "../store/annotations.ts";
import { deleteDashboardsOf } from "../store/dashboards.ts";
import { deleteDeadLettersOf } from "../store/dead.ts";
import { deleteDigestsOf } from "../store/digests.ts";
import { deleteOtherJobsOf, jobById, openJobOf } from "../store/jobs.ts";
import { deleteKeysOf, revokeKeysOf } from "../store/keys.ts";
import { deletePointsOf } from "../store/points.ts";
import { deleteRollupsOf } from "../store/rollups.ts";
import { funnelShelf, segmentShelf } from "../store/saved.ts";
import { deleteSegmentsOf } from "../store/segments.ts";
import { deleteSharesOf } from "../store/shares.ts";
import { deleteSite, markSiteDeleted, siteById } from "../store/sites.ts";
import { deleteTicketsOf } from "../store/tickets.ts";
import { type RunStep, type StepResult, startJob } from "./job.ts";

export type DeleteStep = "revoke" | "logs" | "metrics" | "directory" | "proxies" | "rows" | "archive" | "sweep";

/** What the steps remember, and GET /v1/jobs/:id shows as `progress`. */
const DeleteState = z.object({
	partitions: z.int(),
	keys_revoked: z.boolean(),
	logs_destroyed: z.int(),
	metrics_destroyed: z.int(),
	/** Admitted names: the directory, which knows them, goes before the last objects are destroyed. */
	metrics: z.array(z.string()).default([]),
	/** Objects destroyed for the second time. */
	objects_swept: z.int().default(0),
	rows_deleted: z.int(),
	archive_objects_deleted: z.int(),
	note: z.string(),
});
type DeleteState = z.infer<typeof DeleteState>;

interface DeleteResult extends StepResult {
	next: DeleteStep | "done";
	state: Partial<DeleteState>;
}

/**
 * Isolates hold a key some 35 s where D1 answers (workers/api/tenant.ts): after this no request of the site is let in.
 * Where it does not, an isolate finds the directory gone instead, and appends nothing.
 */
const CACHES_OUT_MS = 60_000;
/** Objects destroyed in one step: each is a subrequest that may wake an object. */
const OBJECTS = 50;
/** Rows deleted by one statement; some are megabytes. */
const ROWS = 200;
/** One `list` of R2, and the most keys that its `delete` takes. */
const ARCHIVE_KEYS = 1000;

const NOTE =
	"Analytics Engine cannot delete: its sampled hourly aggregates of this site, which hold no visitor, expire within 90 days.";

/** Starts (or finds) the deletion, and shuts the door at once. Answers the job's id. */
export async function beginDeletion(env: Env, site: TenantId, now: number): Promise<string> {
	const id = await jobIdOf(env, site, now);
	const row = await siteById(env, site);
	const state: DeleteState = {
		partitions: row?.partitions ?? 64,
		keys_revoked: false,
		logs_destroyed: 0,
		metrics_destroyed: 0,
		metrics: [],
		objects_swept: 0,
		rows_deleted: 0,
		archive_objects_deleted: 0,
		note: NOTE,
	};
	await startJob(env, { id, kind: "delete_site", site, step: "revoke", state }, now);
	await shut(env, site, now);
	return id;
}

/** A site that was made anew under its old id (the demo) is deleted by a job of its own. */
async function jobIdOf(env: Env, site: TenantId, now: number): Promise<string> {
	const open = await openJobOf(env, site, "delete_site");
	if (open) return open.id;
	const first = `delete_${site}`;
	return (await jobById(env, first)) ? `${first}_${now}` : first;
}

async function shut(env: Env, site: TenantId, now: number): Promise<void> {
	await revokeKeysOf(env, site, now);
	await markSiteDeleted(env, site, now);
}

type Step = (env: Env, site: TenantId, state: DeleteState, now: number) => Promise<DeleteResult>;

const STEPS: Record<DeleteStep, Step> = {
	async revoke(env, site, _state, now) {
		await shut(env, site, now);
		return { next: "logs", state: { keys_revoked: true }, waitMs: CACHES_OUT_MS };
	},

	async logs(env, site, { partitions }) {
		const all = Array.from({ length: partitions }, (_, partition) => logStub(env, site, partition));
		await Promise.all(all.map((log) => log.destroy()));
		return { next: "metrics", state: { logs_destroyed: partitions } };
	},

	async metrics(env, site, state) {
		const metrics = await admittedNames(env, site, state);
		const all = metricsWith(metrics);
		const these = all.slice(state.metrics_destroyed, state.metrics_destroyed + OBJECTS);
		await Promise.all(these.map((metric) => metricStub(env, site, metric).destroy()));
		const destroyed = state.metrics_destroyed + these.length;
		return { next: destroyed < all.length ? "metrics" : "directory", state: { metrics, metrics_destroyed: destroyed } };
	},

	async directory(env, site, state) {
		const metrics = await admittedNames(env, site, state);
		await directory(env, site).destroy();
		return { next: "proxies", state: { metrics } };
	},

	async proxies(env, site) {
		await Promise.all(proxies(env, site).map((proxy) => proxy.destroy()));
		return { next: "rows", state: {} };
	},

	async rows(env, site, state) {
		const deleted = await deleteRowsOf(env, site);
		return { next: deleted > 0 ? "rows" : "archive", state: { rows_deleted: state.rows_deleted + deleted } };
	},

	async archive(env, site, state) {
		const { deleted, truncated } = await deleteObjectsOf(env, site);
		const progress = { archive_objects_deleted: state.archive_objects_deleted + deleted };
		return truncated ? { next: "archive", state: progress } : { next: "sweep", state: progress, waitMs: CACHES_OUT_MS };
	},

	/**
	 * An overflow message on its way at `logs` may have made a log anew, and that its metrics; a queue consumer that
	 * had read a window before its object was destroyed may have stored it after `rows`; a question that was long under
	 * way may have left its answer; and a segment may have been under way to R2.
	 */
	async sweep(env, site, state) {
		const logs = Array.from({ length: state.partitions }, (_, partition) => logStub(env, site, partition));
		const metrics = metricsWith(state.metrics).map((metric) => metricStub(env, site, metric));
		const all = [...logs, ...metrics, directory(env, site), ...proxies(env, site)];
		const these = all.slice(state.objects_swept, state.objects_swept + OBJECTS);
		if (these.length > 0) {
			await Promise.all(these.map((object) => object.destroy()));
			return { next: "sweep", state: { objects_swept: state.objects_swept + these.length } };
		}
		const deleted = await deleteRowsOf(env, site);
		if (deleted > 0) return { next: "sweep", state: { rows_deleted: state.rows_deleted + deleted } };
		const objects = await deleteObjectsOf(env, site);
		if (objects.deleted > 0) {
			const all = state.archive_objects_deleted + objects.deleted;
			return { next: "sweep", state: { archive_objects_deleted: all } };
		}
		await deleteTicketsOf(env, site);
		await deleteOtherJobsOf(env, site);
		await deleteKeysOf(env, site);
		await deleteSite(env, site);
		return { next: "done", state: {} };
	},
};

/** The objects that keep answers of panels for a while. */
const proxies = (env: Env, site: TenantId) => Array.from({ length: PROXIES }, (_, n) => proxyStub(env, site, n));

/** Names that the directory has now, and those that it had at an earlier step. */
async function admittedNames(env: Env, site: TenantId, { metrics }: DeleteState): Promise<string[]> {
	const config = await directory(env, site).config();
	return [...new Set([...metrics, ...(config?.metrics ?? []), ...(config?.funnels ?? []).map(funnelWindows)])];
}

/** Viewers may watch page views before the first one. */
const metricsWith = (admitted: string[]) => [...new Set([ALL, SESSION, INGEST, OTHER, PAGEVIEW, ...admitted])];

async function deleteRowsOf(env: Env, site: TenantId): Promise<number> {
	const rollups = await deleteRollupsOf(env, site, ROWS);
	const points = await deletePointsOf(env, site, ROWS);
	const saved = (await segmentShelf.deleteAll(env, site)) + (await funnelShelf.deleteAll(env, site));
	const segments = await deleteSegmentsOf(env, site, ROWS);
	const shown = await deleteShownOf(env, site);
	return rollups + points + saved + shown + segments + (await deleteDeadLettersOf(env, site, ROWS));
}

/** Dashboards with their versions, and what hangs on them. */
async function deleteShownOf(env: Env, site: TenantId): Promise<number> {
	const dashboards = await deleteDashboardsOf(env, site, ROWS);
	const annotations = await deleteAnnotationsOf(env, site, ROWS);
	return dashboards + annotations + (await deleteSharesOf(env, site)) + (await deleteDigestsOf(env, site));
}

/** One page of the site's objects. */
async function deleteObjectsOf(env: Env, site: TenantId): Promise<{ deleted: number; truncated: boolean }> {
	const { objects, truncated } = await env.ARCHIVE.list({ prefix: archivePrefix(site), limit: ARCHIVE_KEYS });
	if (objects.length > 0) await env.ARCHIVE.delete(objects.map((object) => object.key));
	return { deleted: objects.length, truncated };
}

const isStep = (step: string): step is DeleteStep => Object.hasOwn(STEPS, step);

/** Runs one step. Repeating it is harmless. */
export const runDeleteStep: RunStep = (env, { site, step, state }, now) => {
	if (!isStep(step)) throw new TypeError(`no step ${step}`);
	return STEPS[step](env, tenantId(site), DeleteState.parse(state), now);
};
