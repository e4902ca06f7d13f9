import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { call, newSite, ROOT, refused } from "../api/test-api.ts";
import type { Env } from "../env.ts";
import { recorder } from "../rollup/test-rollup.ts";
import { dueJobs, type JobRow, jobById } from "../store/jobs.ts";
import { markSiteDeleted } from "../store/sites.ts";
import { beginExport } from "./export.ts";
import { startJob } from "./job.ts";
import { advance } from "./run.ts";

const MINUTE = 60_000;
const VISITOR = "00000000000000ff";
const NOW = Date.now();

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
	vi.restoreAllMocks();
});

/** A site with an export that has begun, and bindings that count what it writes to R2. */
async function someJob(put: (() => Promise<void>) | null = null) {
	const { site, keys } = await newSite();
	const queue = recorder();
	const written: string[] = [];
	const archive = new Proxy(env.ARCHIVE, {
		get(target, name) {
			const value = Reflect.get(target, name);
			if (typeof value !== "function") return value;
			return async (...args: unknown[]) => {
				if (name === "put") written.push(String(args[0]));
				if (name === "put") await put?.();
				return Reflect.apply(value, target, args);
			};
		},
	});
	const bindings: Env = { ...env, JOBS: queue.queue, ARCHIVE: archive };
	const id = `export_${site.id}`;
	await beginExport(bindings, site.id, VISITOR, id, NOW);
	return { id, site, keys, bindings, written, sent: queue.sent };
}
const job = async (id: string) => (await jobById(env, id)) as JobRow;

describe("jobs", () => {
	it("a step that many messages bring at once is run once", async () => {
		const { id, bindings, written, sent } = await someJob();
		expect(sent).toEqual([{ body: { v: 1, job: id }, delaySeconds: undefined }]);
		await Promise.all(Array.from({ length: 5 }, () => advance(bindings, id, () => NOW)));
		expect(written).toHaveLength(1);
		expect(await job(id)).toMatchObject({ step: "archive", status: "running", tries: 0 });
	});

	it("a step that took longer than its lease is another's by then: what comes of it is not saved", async () => {
		let now = NOW;
		const fast: { advance?: () => Promise<void> } = {};
		const { id, bindings } = await someJob(async () => {
			const { advance } = fast;
			delete fast.advance;
			await advance?.();
		});
		fast.advance = async () => {
			now += 6 * MINUTE;
			expect((await dueJobs(env, now, 100)).map((due) => due.id)).toContain(id);
			await advance(bindings, id, () => now);
			await advance(bindings, id, () => now);
		};
		await advance(bindings, id, () => now);
		expect(await job(id)).toMatchObject({ step: "join" });
	});

	it("a step that fails is tried again, later every time, and in the end given up", async () => {
		const { id, bindings, keys } = await someJob(async () => {
			throw new Error("R2 is down");
		});
		let now = NOW;
		const waits: number[] = [];
		for (let i = 0; i < 16; i++) {
			await advance(bindings, id, () => now);
			waits.push(((await job(id)).dueAt - now) / MINUTE);
			now = (await job(id)).dueAt;
		}
		expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
		const { job: status } = await call<{ job: Record<string, unknown> }>(200, "GET", `/v1/jobs/${id}`, keys.admin);
		expect(status).toMatchObject({ kind: "export", status: "failed", error: "R2 is down", next_at: null });
		await advance({ ...bindings, ARCHIVE: env.ARCHIVE }, id, () => now);
		expect(await job(id)).toMatchObject({ status: "failed", step: "tail" });
	});

	it("of a deleted site end, all but its deletion", async () => {
		const { id, site, bindings } = await someJob();
		await markSiteDeleted(env, site.id, NOW);
		await advance(bindings, id, () => NOW);
		expect(await job(id)).toMatchObject({ status: "failed", error: "The site was deleted.", tries: 1 });
	});

	it("of a site are listed to its admin, and bounded (I8)", async () => {
		const { id, site, keys, bindings } = await someJob();
		const { jobs } = await call<{ jobs: { id: string }[] }>(200, "GET", "/v1/jobs", keys.admin);
		expect(jobs.map((listed) => listed.id)).toEqual([id]);
		await refused(422, "GET", "/v1/jobs", ROOT);
		await refused(403, "GET", "/v1/jobs", keys.read);
		const other = await newSite();
		expect(await call(200, "GET", "/v1/jobs", other.keys.admin)).toEqual({ jobs: [] });
		for (let i = 1; i < 50; i++) {
			await startJob(bindings, { id: `${id}_${i}`, kind: "export", site: site.id, step: "tail", state: {} }, NOW);
		}
		expect((await refused(429, "DELETE", `/v1/visitors/${VISITOR}`, keys.admin)).detail).toContain("50 jobs");
	});
});
