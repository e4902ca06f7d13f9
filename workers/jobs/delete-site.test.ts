import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { directory, logStub, metricStub } from "../../durable-objects/stubs.ts";
import { encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import { archivePrefix, type TenantId } from "../../schema/ids.ts";
import { call, type Made, newSite, ROOT, refused } from "../api/test-api.ts";
import type { Env } from "../env.ts";
import { consumeRollups } from "../rollup/consume.ts";
import { deliver, message, PAST_HOUR, recorder, visit } from "../rollup/test-rollup.ts";
import { dueJobs, jobById } from "../store/jobs.ts";
import { beginDeletion } from "./delete-site.ts";
import { advance, consumeJobs } from "./run.ts";

interface Status {
	job: {
		id: string;
		status: string;
		step: string;
		site: string;
		error: string | null;
		progress: Record<string, unknown>;
	};
}
const METRICS = ["*", "signup"];

/** A site with something in every store. */
async function fullSite(): Promise<Made> {
	const made = await newSite();
	const { id } = made.site;
	await directory(env, id).admit(["signup"]);
	for (const metric of METRICS) await visit(id, metric, ["DE", "FR"]);
	const bodies = METRICS.map((metric) => message(id, { metric, closed: true }));
	await deliver(consumeRollups, "nowcast-rollups", [...bodies, { ...message(id), v: 9 }]);
	await env.ARCHIVE.put(`${archivePrefix(id)}segment`, "rows");
	await env.DB.prepare(
		"INSERT INTO archive_segments VALUES (?1 || '/s', ?1, 0, '2026-11-01', 0, 1, 1, 1, 1, 1, 0, 0, NULL, '[]', 'log', 1, NULL)",
	)
		.bind(id)
		.run();
	await call(201, "POST", "/v1/tickets", made.keys.read);
	await env.DB.batch(
		[
			`INSERT INTO dashboards VALUES (?1, 'd', 'D', '[]', '{}', 1, 1, '{}', 1, '{}')`,
			`INSERT INTO dashboard_versions VALUES (?1, 'd', 1, 'D', '{}', 1, '{}', '')`,
			`INSERT INTO shares VALUES ('shr_' || ?1, ?1, 'd', '{}', 1, '{}', NULL, NULL)`,
			`INSERT INTO annotations VALUES (?1, 'a', 1, NULL, 'A', '[]', NULL, 1, '{}', 1)`,
			`INSERT INTO digests VALUES (?1, 'g', 'd', '{}', 's', 1, 1, 1, '{}', 1, 0, NULL)`,
		].map((sql) => env.DB.prepare(sql).bind(id)),
	);
	return made;
}

/** What is left of a site, by store. */
async function remains(site: TenantId) {
	const count = async (sql: string) => (await env.DB.prepare(sql).bind(site).first<{ n: number }>())?.n;
	const windows = METRICS.map((metric) => metricStub(env, site, metric).window({ grain: "hour", bucket: PAST_HOUR }));
	return {
		sites: await count("SELECT count(*) AS n FROM sites WHERE id = ?"),
		keys: await count("SELECT count(*) AS n FROM keys WHERE site = ?"),
		rollups: await count("SELECT count(*) AS n FROM rollups WHERE tenant = ?"),
		segments: await count("SELECT count(*) AS n FROM archive_segments WHERE tenant = ?"),
		letters: await count("SELECT count(*) AS n FROM dead_letters WHERE tenant = ?"),
		tickets: await count("SELECT count(*) AS n FROM tickets WHERE site = ?"),
		dashboards: await count("SELECT count(*) AS n FROM dashboards WHERE tenant = ?"),
		versions: await count("SELECT count(*) AS n FROM dashboard_versions WHERE tenant = ?"),
		shares: await count("SELECT count(*) AS n FROM shares WHERE tenant = ?"),
		annotations: await count("SELECT count(*) AS n FROM annotations WHERE tenant = ?"),
		digests: await count("SELECT count(*) AS n FROM digests WHERE tenant = ?"),
		windows: (await Promise.all(windows)).filter((window) => window !== null).length,
		archive: (await env.ARCHIVE.list({ prefix: archivePrefix(site) })).objects.length,
		directory: (await directory(env, site).config()) === null ? 0 : 1,
	};
}
const NOTHING = {
	sites: 0,
	keys: 0,
	rollups: 0,
	segments: 0,
	letters: 0,
	tickets: 0,
	dashboards: 0,
	versions: 0,
	shares: 0,
	annotations: 0,
	digests: 0,
	windows: 0,
	archive: 0,
	directory: 0,
};

/** A destroyed log ends 50 ms after it has answered; a step that waits a minute comes after that. */
const logsEnd = () => scheduler.wait(150);

/** Lets time pass until the job is done, or `until` says so; answers the steps it took. */
async function run(
	bindings: Env,
	id: string,
	start: number,
	until = (_: string) => false,
): Promise<{ steps: string[]; took: number }> {
	const steps: string[] = [];
	let now = start;
	for (let i = 0; i < 50; i++) {
		const job = await jobById(bindings, id);
		if (!job || job.status === "done" || until(job.step)) break;
		steps.push(job.step);
		if (job.dueAt > now) await logsEnd();
		now = Math.max(now, job.dueAt);
		await advance(bindings, id, () => now);
	}
	return { steps, took: now - start };
}
const withQueue = () => {
	const jobs = recorder();
	return { sent: jobs.sent, bindings: { ...env, JOBS: jobs.queue } };
};

describe("deleting a site", { timeout: 30_000 }, () => {
	it("empties every store, waits until no isolate knows its keys, and leaves other sites alone (I7)", async () => {
		const [gone, kept] = [await fullSite(), await fullSite()];
		const before = await remains(kept.site.id);
		const { bindings } = withQueue();
		const start = Date.now();
		const id = await beginDeletion(bindings, gone.site.id, start);
		const { steps, took } = await run(bindings, id, start);
		expect(steps[0]).toBe("revoke");
		expect([...new Set(steps)]).toEqual([
			"revoke",
			"logs",
			"metrics",
			"directory",
			"proxies",
			"rows",
			"archive",
			"sweep",
		]);
		expect(took).toBeGreaterThanOrEqual(120_000);
		expect(await remains(gone.site.id)).toEqual(NOTHING);
		expect(await remains(kept.site.id)).toEqual(before);
		expect(before).toMatchObject({
			sites: 1,
			windows: 2,
			archive: 1,
			segments: 1,
			directory: 1,
			letters: 1,
			dashboards: 1,
			digests: 1,
		});
	});

	it("erases what an overflow message brought after the logs were destroyed", async () => {
		const { site } = await fullSite();
		const { bindings } = withQueue();
		const start = Date.now();
		const id = await beginDeletion(bindings, site.id, start);
		await run(bindings, id, start, (step) => step === "sweep");
		for (const metric of METRICS) await visit(site.id, metric, ["DE"]);
		await visit(site.id, "(other)", ["DE"]);
		const { epoch, version } = await directory(env, site.id).configure({
			zone: "UTC",
			week_start: "monday",
			currency: null,
			dimensions: [],
			partitions: 4,
		});
		const batch = encodeTable(EVENT_LAYOUT, []);
		await logStub(env, site.id, 3).append({ epoch, definitions: version, batch, counts: { bot: 1 } });
		expect((await logStub(env, site.id, 3).status()).offset).toBeGreaterThan(0);
		await run(bindings, id, start);
		expect(await remains(site.id)).toEqual(NOTHING);
		await logsEnd();
		const status = () => logStub(env, site.id, 3).status();
		expect((await status().catch(status)).offset).toBe(0);
	});

	it("a site that is made anew under its id is deleted anew", async () => {
		const { site } = await fullSite();
		const { bindings } = withQueue();
		const start = Date.now();
		const first = await beginDeletion(bindings, site.id, start);
		await run(bindings, first, start);
		await env.ARCHIVE.put(`${archivePrefix(site.id)}segment`, "rows");
		const second = await beginDeletion(bindings, site.id, start + 1);
		expect(second).not.toBe(first);
		expect(await beginDeletion(bindings, site.id, start + 2)).toBe(second);
		await run(bindings, second, start + 2);
		expect(await remains(site.id)).toEqual(NOTHING);
	}, 60_000);

	it("shuts the door at once, and shows its progress and what it cannot delete", async () => {
		const { site, keys } = await fullSite();
		const { job } = await call<{ job: { id: string; status: string } }>(
			202,
			"DELETE",
			`/v1/sites/${site.id}`,
			keys.admin,
		);
		expect((await refused(401, "GET", "/v1/site", keys.read)).type).toBe("urn:nowcast:problem:unknown_key");
		expect((await refused(404, "GET", `/v1/sites/${site.id}`, ROOT)).type).toBe("urn:nowcast:problem:no_site");
		expect((await refused(404, "DELETE", `/v1/sites/${site.id}`, ROOT)).type).toBe("urn:nowcast:problem:no_site");
		const { job: status } = await call<Status>(200, "GET", job.status, ROOT);
		expect(status).toMatchObject({ id: job.id, site: site.id });
		expect(status.progress.note).toContain("Analytics Engine cannot delete");
	});

	it("I7: a job is another site's admin's business no more than the site is; others' keys are refused", async () => {
		const [gone, other] = [await newSite(), await newSite()];
		const id = await beginDeletion(withQueue().bindings, gone.site.id, Date.now());
		expect((await refused(404, "GET", `/v1/jobs/${id}`, other.keys.admin)).type).toBe("urn:nowcast:problem:no_job");
		expect((await refused(404, "GET", "/v1/jobs/none", ROOT)).type).toBe("urn:nowcast:problem:no_job");
		expect((await refused(403, "GET", `/v1/jobs/${id}`, other.keys.read)).type).toBe("urn:nowcast:problem:scope");
	});

	it("I2: may be begun twice and its messages delivered many times", async () => {
		const { site } = await fullSite();
		const { bindings } = withQueue();
		const start = Date.now();
		const id = await beginDeletion(bindings, site.id, start);
		expect(await beginDeletion(bindings, site.id, start)).toBe(id);
		const late = () => start + 3_600_000;
		for (let i = 0; i < 14; i++) {
			await Promise.all([advance(bindings, id, late), advance(bindings, id, late)]);
			const job = await jobById(env, id);
			if (job && job.dueAt > late()) await logsEnd();
			if (job && job.dueAt > late()) await env.DB.prepare("UPDATE jobs SET due_at = 0 WHERE id = ?").bind(id).run();
		}
		expect((await jobById(env, id))?.status).toBe("done");
		expect(await remains(site.id)).toEqual(NOTHING);
	});

	it("a message that comes before its step is due does nothing: another is on its way, and the cron knows", async () => {
		const { site } = await newSite();
		const { sent, bindings } = withQueue();
		const start = Date.now();
		const id = await beginDeletion(bindings, site.id, start);
		await advance(bindings, id, () => start);
		sent.splice(0);
		await advance(bindings, id, () => start + 20_000);
		expect((await jobById(env, id))?.step).toBe("logs");
		expect(sent).toEqual([]);
		expect((await dueJobs(env, start + 60_000, 50)).map((due) => due.id)).toContain(id);
	});

	it("a step that fails says why, and is tried again; the cron finds it where its message was lost", async () => {
		const { site } = await newSite();
		const { bindings } = withQueue();
		const start = Date.now();
		const id = await beginDeletion(bindings, site.id, start);
		await run(bindings, id, start, (step) => step === "archive");
		const down = { list: () => Promise.reject(new Error("R2 is down")) } as unknown as R2Bucket;
		const late = start + 600_000;
		await advance({ ...bindings, ARCHIVE: down }, id, () => late);
		const { job } = await call<Status>(200, "GET", `/v1/jobs/${id}`, ROOT);
		expect(job).toMatchObject({ status: "waiting", step: "archive", error: "R2 is down" });
		expect((await dueJobs(env, late, 50)).map((due) => due.id)).not.toContain(id);
		expect((await dueJobs(env, late + 60_000, 50)).map((due) => due.id)).toContain(id);
		await run(bindings, id, late + 60_000);
		expect(await jobById(env, id)).toMatchObject({ status: "done", error: null });
	});

	it("a log that is destroyed forgets its journal", async () => {
		const { site } = await newSite();
		await logStub(env, site.id, 0).destroy();
		expect(
			(
				await logStub(env, site.id, 0)
					.status()
					.catch(() => logStub(env, site.id, 0).status())
			).offset,
		).toBe(0);
	});

	it("buries a malformed message", async () => {
		const result = await deliver(consumeJobs, "nowcast-jobs", [{ v: 1 }]);
		expect(result.explicitAcks).toHaveLength(1);
		const row = await env.DB.prepare("SELECT reason FROM dead_letters WHERE queue = 'nowcast-jobs'").first<{
			reason: string;
		}>();
		expect(row?.reason).toContain("malformed");
	});
});
