/**
 * Everything that is kept of one visitor, as NDJSON on R2. First what the visitor's log has not sealed, then the
 * archive day by day: a segment stays in its day whatever becomes of it, so that nothing is missed in between. What was
 * sealed meanwhile is read twice, and written once: events are told apart by their ids at the end.
 */
import * as z from "zod";
import { archivePrefix, SLOTS, type TenantId, tenantId } from "../../schema/ids.ts";
import { tenantConfig } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import type { Selected } from "../query/scan/select.ts";
import { expiredJobs, markExpired } from "../store/jobs.ts";
import { snapshot } from "../store/segments.ts";
import { type RunStep, type StepResult, startJob } from "./job.ts";
import { ALWAYS_WANTED, type Reading, readSegment, readTail } from "./read.ts";
import { halvesOf, hex64, RECORD_NUMBERS, RECORD_TEXTS, toRecord } from "./record.ts";
import { joinParts } from "./result.ts";

type ExportStep = "tail" | "archive" | "join";

/** What the steps remember, and GET /v1/jobs/:id shows as `progress`. */
const ExportState = z.object({
	/** 16 hex digits. */
	visitor: z.string(),
	/** Days of the archive before this one are read; null: all. */
	next_day: z.string().nullable().default(""),
	events: z.int().default(0),
	bytes: z.int().default(0),
	/** Where the result is, once there is one. */
	result: z.string().nullable().default(null),
	expires_at: z.string().nullable().default(null),
});
type ExportState = z.infer<typeof ExportState>;

interface ExportResult extends StepResult {
	next: ExportStep | "done";
	state: Partial<ExportState>;
}

/** How long the result can be had, ms. */
export const RESULT_MS = 7 * 86_400_000;
/** After this a step reads no further day, ms: a lease is minutes, and a Worker's CPU half a minute. */
const STEP_MS = 10_000;

/** Results deleted in one run of the cron. */
const EXPIRED = 50;

export const resultKey = (tenant: TenantId, job: string) => `${archivePrefix(tenant)}exports/${job}.ndjson`;
export const partsPrefix = (tenant: TenantId, job: string) => `${archivePrefix(tenant)}exports/${job}/`;

/** Starts an export. */
export async function beginExport(env: Env, tenant: TenantId, visitor: string, id: string, now: number): Promise<void> {
	const state = ExportState.parse({ visitor });
	await startJob(env, { id, kind: "export", site: tenant, step: "tail", state }, now);
}

function readingOf(visitor: string): Reading {
	return {
		reaches: ALWAYS_WANTED,
		slots: [0, SLOTS - 1],
		bots: true,
		visitor: halvesOf(visitor),
		numbers: RECORD_NUMBERS,
		texts: RECORD_TEXTS,
	};
}

type Step = (env: Env, tenant: TenantId, job: string, state: ExportState, now: number) => Promise<ExportResult>;

const STEPS: Record<ExportStep, Step> = {
	/** A cookieless visitor's slot is not its hash's, so every log may have it. */
	async tail(env, tenant, job, { visitor }) {
		const [{ sealed }, { partitions }] = await Promise.all([snapshot(env, tenant, null), tenantConfig(env, tenant)]);
		const part = new Part();
		for (let partition = 0; partition < partitions; partition++) {
			const tail = readTail(env, tenant, { partition, after: sealed.get(partition) ?? 0 }, readingOf(visitor));
			for await (const selected of tail) part.add(selected);
		}
		await part.put(env, `${partsPrefix(tenant, job)}tail`);
		return { next: "archive", state: { next_day: "" } };
	},

	async archive(env, tenant, job, { visitor, next_day: from }) {
		const { segments } = await snapshot(env, tenant, null);
		const days = Map.groupBy(
			segments.filter(({ day }) => from !== null && day >= from),
			({ day }) => day,
		);
		const part = new Part();
		const begun = Date.now();
		let last = from ?? "";
		for (const day of [...days.keys()].sort()) {
			if (day !== last && Date.now() - begun > STEP_MS) {
				await part.put(env, `${partsPrefix(tenant, job)}${from || "begin"}-${last}`);
				return { next: "archive", state: { next_day: day } };
			}
			for (const segment of days.get(day) ?? []) {
				for await (const selected of readSegment(env, segment, readingOf(visitor))) part.add(selected);
			}
			last = day;
		}
		await part.put(env, `${partsPrefix(tenant, job)}${from || "begin"}-end`);
		return { next: "join", state: { next_day: null } };
	},

	async join(env, tenant, job, _state, now) {
		const key = resultKey(tenant, job);
		const written = await joinParts(env.ARCHIVE, partsPrefix(tenant, job), key);
		const expires_at = new Date(now + RESULT_MS).toISOString();
		return { next: "done", state: { ...written, result: `/v1/jobs/${job}/result`, expires_at }, waitMs: RESULT_MS };
	},
};

/** Lines of a part: the event's hashed id, which tells it from others, a space, and its JSON. */
class Part {
	#lines: string[] = [];

	add({ batch, keep }: Selected): void {
		for (let row = 0; row < batch.rows; row++) {
			if (keep !== null && keep[row] === 0) continue;
			const id = hex64(batch.numbers.id_hi?.[row] ?? 0, batch.numbers.id_lo?.[row] ?? 0);
			this.#lines.push(`${id} ${JSON.stringify(toRecord(batch, row))}\n`);
		}
	}

	async put(env: Env, key: string): Promise<void> {
		await env.ARCHIVE.put(key, this.#lines.join(""));
	}
}

const isStep = (step: string): step is ExportStep => Object.hasOwn(STEPS, step);

/** Runs one step. Repeating it is harmless. */
export const runExportStep: RunStep = (env, { id, site, step, state }, now) => {
	if (!isStep(step)) throw new TypeError(`no step ${step}`);
	return STEPS[step](env, tenantId(site), id, ExportState.parse(state), now);
};

/** Cron: deletes results whose time is over. */
export async function expireExports(env: Env, now: number): Promise<void> {
	for (const { id, site, state } of await expiredJobs(env, "export", now, EXPIRED)) {
		await env.ARCHIVE.delete(resultKey(tenantId(site), id));
		await markExpired(env, id, { ...state, result: null }, now);
	}
}
