/**
 * Forgets a visitor. The logs seal what they have, so that all of it is in the archive; segments that hold something of
 * the visitor are rewritten without it and swapped, one by one, until a whole look at the archive finds nothing more;
 * the windows of the days that were touched are made anew, by a job of their own; the old objects and the journal's
 * sealed rows go some minutes later, and the job waits for that.
 *
 * It takes in what comes while it runs, but not what comes after.
 */
import * as z from "zod";
import { logStub } from "../../durable-objects/stubs.ts";
import { mergeSegments } from "../../schema/archive/merge.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { archivePrefix, SLOTS, segmentKey, type TenantId, tenantId } from "../../schema/ids.ts";
import { tenantConfig } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { forgetAnswers } from "../panels/ask.ts";
import { openSegment } from "../query/scan/r2.ts";
import { isReplacedLeft, putSegment, sweepMerged } from "../store/archive.ts";
import { exportsOf, giveUpJob } from "../store/jobs.ts";
import { catalogue, knownKeys, type SegmentRow, swapSegments } from "../store/segments.ts";
import { siteById } from "../store/sites.ts";
import { partsPrefix, resultKey } from "./export.ts";
import { JobFailed, type RunStep, type StepResult, startJob } from "./job.ts";
import { ALWAYS_WANTED, readSegment } from "./read.ts";
import { beginRebuild, rebuildableFrom } from "./rebuild.ts";
import { halvesOf, hex64 } from "./record.ts";

type EraseStep = "logs" | "survey" | "archive" | "rebuild" | "trim";

/** What the steps remember, and GET /v1/jobs/:id shows as `progress`. */
const EraseState = z.object({
	/** 16 hex digits. */
	visitor: z.string(),
	/** By partition: the journal offset up to which the log is to be trimmed. */
	sealed: z.array(z.int()).default([]),
	/** Where this look at the archive stands, and whether it has found something to rewrite. */
	after_key: z.string().default(""),
	found: z.boolean().default(false),
	/** What the survey found. */
	events: z.int().default(0),
	segments: z.int().default(0),
	/** When nothing of the visitor was left in the archive, epoch ms. */
	rewritten_at: z.number().nullable().default(null),
	/** Times of the visitor's oldest and newest event, epoch ms. */
	from: z.number().nullable().default(null),
	to: z.number().nullable().default(null),
	/** The job that makes the rollups anew. */
	rebuild: z.string().nullable().default(null),
	note: z.string().nullable().default(null),
});
type EraseState = z.infer<typeof EraseState>;

interface EraseResult extends StepResult {
	next: EraseStep | "done";
	state: Partial<EraseState>;
}

/** After this a step looks at no further segment, ms. */
const STEP_MS = 10_000;
/** Between looks at what has to go by itself, which is 2 min for journal rows and 15 for objects, ms. */
const AGAIN_MS = 5 * 60_000;

const NOTE =
	"Gone from all answers over raw events. Journal rows and objects that no answer reads any more are deleted within minutes.";
const REBUILD_NOTE = "Gone. The windows of the days that the visitor was there are made anew by the job `rebuild`.";

export async function beginErasure(
	env: Env,
	tenant: TenantId,
	visitor: string,
	id: string,
	now: number,
): Promise<void> {
	const state = EraseState.parse({ visitor });
	await startJob(env, { id, kind: "erase", site: tenant, step: "logs", state }, now);
}

interface Erasing {
	env: Env;
	tenant: TenantId;
	job: string;
	state: EraseState;
	now: number;
}
type Step = (erasing: Erasing) => Promise<EraseResult>;

const STEPS: Record<EraseStep, Step> = {
	/** A cookieless visitor's slot is not its hash's, so every log may have it. */
	async logs({ env, tenant, state }) {
		const { partitions } = await tenantConfig(env, tenant);
		const sealed: number[] = [];
		for (let partition = 0; partition < partitions; partition++) {
			const answer = await logStub(env, tenant, partition).erase(...halvesOf(state.visitor));
			sealed.push(answer.sealed);
		}
		return { next: "survey", state: { sealed } };
	},

	/** Notes which days are touched, before anything is: a rewrite that is killed could not tell any more. */
	async survey({ env, tenant, state, now }) {
		const eraser = new Eraser(env, tenant, state, now);
		const after = await eachSegment(env, tenant, state.after_key, (segment) => eraser.survey(segment));
		if (after !== null) return { next: "survey", state: { ...eraser.state, after_key: after } };
		return { next: "archive", state: { ...eraser.state, after_key: "" } };
	},

	async archive({ env, tenant, state, now }) {
		const eraser = new Eraser(env, tenant, state, now);
		const after = await eachSegment(env, tenant, state.after_key, (segment) => eraser.rewrite(segment));
		if (after !== null) return { next: "archive", state: { ...eraser.state, after_key: after } };
		if (eraser.state.found) return { next: "archive", state: { ...eraser.state, after_key: "", found: false } };
		await deleteExports(env, tenant, state.visitor, now);
		await forgetAnswers(env, tenant);
		return { next: "rebuild", state: { ...eraser.state, rewritten_at: now, note: NOTE } };
	},

	async rebuild({ env, tenant, job, state, now }) {
		const range = await rebuildRange(env, tenant, state, now);
		if (range === null) return { next: "trim", state: {} };
		const { zone, from, to } = range;
		const rebuild = await beginRebuild(env, tenant, zone, { from, to }, `${job}_rebuild`, now);
		return { next: "trim", state: { rebuild } };
	},

	async trim({ env, tenant, state, now }) {
		// Merges that somebody began before the rewrite, and did not live to swap in.
		await sweepMerged(env, archivePrefix(tenant));
		if (await isLeft(env, tenant, state)) return { next: "trim", state: {}, waitMs: AGAIN_MS };
		// An export that was under way may have written on.
		await deleteExports(env, tenant, state.visitor, now);
		return { next: "done", state: { note: state.rebuild === null ? null : REBUILD_NOTE } };
	},
};

/** Looks at segments in the order of their keys, from behind `after`. Answers the last one's where time is up, else null. */
async function eachSegment(
	env: Env,
	tenant: TenantId,
	after: string,
	look: (segment: SegmentRow) => Promise<void>,
): Promise<string | null> {
	const begun = Date.now();
	const segments = (await catalogue(env, tenant, null)).filter(({ key }) => key > after);
	for (const segment of segments.sort((a, b) => (a.key < b.key ? -1 : 1))) {
		await look(segment);
		if (Date.now() - begun > STEP_MS) return segment.key;
	}
	return null;
}

/** Copies of the visitor's data go with it, and those that are being made are given up. */
async function deleteExports(env: Env, tenant: TenantId, visitor: string, now: number): Promise<void> {
	for (const job of await exportsOf(env, tenant, visitor)) {
		await giveUpJob(env, job, "The visitor was erased.", now);
		const { objects } = await env.ARCHIVE.list({ prefix: partsPrefix(tenant, job.id) });
		await env.ARCHIVE.delete([resultKey(tenant, job.id), ...objects.map(({ key }) => key)]);
	}
}

/** Whether rows or objects are left that nothing reads any more, and that still hold the visitor. */
async function isLeft(env: Env, tenant: TenantId, { sealed, rewritten_at }: EraseState): Promise<boolean> {
	if (await isReplacedLeft(env, tenant, rewritten_at ?? 0)) return true;
	for (const [partition, offset] of sealed.entries()) {
		if (offset > 0 && (await logStub(env, tenant, partition).status()).trimmed < offset) return true;
	}
	return false;
}

/** What is to be rebuilt; null where nothing went, or nothing of it can be. */
async function rebuildRange(env: Env, tenant: TenantId, { from, to }: EraseState, now: number) {
	const site = await siteById(env, tenant);
	if (site === undefined) throw new JobFailed("The site was deleted.");
	if (from === null || to === null) return null;
	const zone = zoneOf(site.zone);
	const first = Math.max(from, rebuildableFrom(zone, site.retentionDays, now));
	return to < first ? null : { zone, from: first, to: to + 1 };
}

/** Rewrites segments without the visitor, and keeps count. */
class Eraser {
	state: EraseState;
	readonly #env: Env;
	readonly #tenant: TenantId;
	readonly #visitor: [hi: number, lo: number];
	readonly #now: number;

	constructor(env: Env, tenant: TenantId, state: EraseState, now: number) {
		this.#env = env;
		this.#tenant = tenant;
		this.state = { ...state };
		this.#visitor = halvesOf(state.visitor);
		this.#now = now;
	}

	async survey(segment: SegmentRow): Promise<void> {
		const times = await this.#timesIn(segment);
		this.state.events += times.length;
		if (times.length > 0) this.state.segments++;
		for (const t of times) this.#touch(t);
	}

	async rewrite(segment: SegmentRow): Promise<void> {
		const times = await this.#timesIn(segment);
		if (times.length === 0) return;
		this.state.found = true;
		// What was sealed after the survey.
		for (const t of times) this.#touch(t);
		const made = await this.#without(segment);
		if (await swapSegments(this.#env, [segment.key], made, this.#now)) return;
		// Compacted meanwhile: the next look finds what came of it.
		const keys = made.map(({ key }) => key);
		const known = await knownKeys(this.#env, keys);
		await this.#env.ARCHIVE.delete(keys.filter((key) => !known.has(key)));
	}

	/** Of the visitor's events in a segment. */
	async #timesIn(segment: SegmentRow): Promise<number[]> {
		const times: number[] = [];
		const reading = {
			reaches: ALWAYS_WANTED,
			slots: [0, SLOTS - 1] as const,
			bots: true,
			visitor: this.#visitor,
			numbers: [],
			texts: [],
		};
		for await (const { batch, keep } of readSegment(this.#env, segment, reading)) {
			const ts = batch.numbers.ts ?? [];
			for (let row = 0; row < batch.rows; row++) {
				if (keep === null || keep[row] === 1) times.push(ts[row] as number);
			}
		}
		return times;
	}

	/** The segment's other rows, in its place. Named by what it was made of: made again, it is the same. */
	async #without(old: SegmentRow) {
		const [hi, lo] = this.#visitor;
		const { partition, day, afterOffset, lastOffset, props } = old;
		const source = await openSegment(this.#env.ARCHIVE, old);
		const name = hash64(`${old.key} ${this.state.visitor}`);
		const place = { tenant: this.#tenant, partition, day, afterOffset, lastOffset, props, source: "erasure" as const };
		const made = [];
		const keep = (visitorHi: number, visitorLo: number) => visitorHi !== hi || visitorLo !== lo;
		for await (const encoded of mergeSegments([source], { maxRows: old.rows, props, keep })) {
			const key = segmentKey(this.#tenant, day, partition, `e-${hex64(name.hi, name.lo)}.${made.length}`);
			made.push(await putSegment(this.#env, { ...place, key, createdAt: this.#now }, encoded, [old.key]));
		}
		return made;
	}

	#touch(t: number): void {
		this.state.from = Math.min(this.state.from ?? t, t);
		this.state.to = Math.max(this.state.to ?? t, t);
	}
}

const isStep = (step: string): step is EraseStep => Object.hasOwn(STEPS, step);

/** Runs one step. Repeating it is harmless. */
export const runEraseStep: RunStep = (env, { id, site, step, state }, now) => {
	if (!isStep(step)) throw new TypeError(`no step ${step}`);
	return STEPS[step]({ env, tenant: tenantId(site), job: id, state: EraseState.parse(state), now });
};
