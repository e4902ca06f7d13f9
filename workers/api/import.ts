/** POST /v1/import: history, from anywhere, into the archive and the rollups. */
import { type Context, Hono } from "hono";
import * as z from "zod";
import { directory } from "../../durable-objects/stubs.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { MAX_METRICS } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import { senderOf } from "../edge/sender.ts";
import { type ImportFormat, readRecords } from "../import/records.ts";
import { type Imported, importRecords } from "../import/write.ts";
import { beginRebuild, rebuildableFrom } from "../jobs/rebuild.ts";
import { type ApiEnv, assertSiteNamed, refresh, requireScope, tenantConfig } from "./auth.ts";
import { assertRoomForJob, started } from "./jobs.ts";
import { randomId } from "./secrets.ts";
import { check } from "./validate.ts";

/** Bytes of one request: some 200,000 events, which take a Worker a few seconds. */
const IMPORT_BYTES = 50 * 2 ** 20;

export const ImportParams = z.object({ format: z.enum(["ndjson", "csv"]).optional() });
export const ImportAnswer = z.object({
	/** Events that are in the archive now; `known` of them had been imported before. */
	accepted: z.int(),
	known: z.int(),
	rejected: z.int(),
	/** The first 1,000 of the lines that were left out. */
	errors: z.array(z.object({ line: z.int(), code: z.string(), message: z.string() })),
	/** The rebuild of the days they lie in; null where nothing was accepted. */
	job: z.object({ id: z.string(), status: z.string() }).nullable(),
});
export type ImportAnswer = z.infer<typeof ImportAnswer>;

/** By `?format=`, else by the content type, else NDJSON. Problem 400. */
function formatOf(c: Context<ApiEnv>): ImportFormat {
	const { format } = check(ImportParams, { format: c.req.query("format") });
	return format ?? (/^\s*text\/csv\b/i.test(c.req.header("content-type") ?? "") ? "csv" : "ndjson");
}

/** A body that ends where it says it will: one that is found too long on the way would be imported by half. */
function bodyOf(c: Context<ApiEnv>): ReadableStream<Uint8Array> {
	const length = c.req.header("content-length");
	if (length === undefined) throw new Problem(411, "length", "Say how long the body is: Content-Length.");
	const most = `At most ${IMPORT_BYTES / 2 ** 20} MiB a request: split the file at a line's end.`;
	if (!(Number(length) <= IMPORT_BYTES)) throw new Problem(413, "too_large", most);
	if (c.req.header("content-encoding") !== undefined) {
		throw new Problem(415, "content_encoding", "Send the file uncompressed.");
	}
	const { body } = c.req.raw;
	if (body === null) throw new Problem(400, "malformed", "The body is empty: send events, one a line.");
	return body;
}

/** Server and admin keys. Problem 400, 401, 403, 411, 413, 415, 422, 429, 503. */
export const imports = new Hono<ApiEnv>().post("/v1/import", requireScope("server", "admin"), async (c) => {
	const principal = c.get("principal");
	assertSiteNamed(principal);
	const [format, body] = [formatOf(c), bodyOf(c)];
	const { tenant, site } = principal;
	await assertRoomForJob(c.env, tenant);
	const now = Date.now();
	const zone = zoneOf(site.zone);
	const { dimensions } = await tenantConfig(c.env, tenant);
	const importing = {
		// Who imports tells of others, as servers do, whatever the key.
		sender: senderOf(c.req.raw, c.env, { ...principal, scope: "server" }, now),
		keptFrom: rebuildableFrom(zone, site.retention_days, now),
	};
	const imported = await importAll(() =>
		importRecords(c.env, { tenant, dimensions, now }, readRecords(body, format), importing),
	);
	const { accepted, known, rejected, errors } = imported;
	c.set("audit", { detail: accepted === 1 ? "1 event" : `${accepted} events` });
	if (accepted === 0) return c.json({ accepted, known, rejected, errors, job: null } satisfies ImportAnswer, 202);
	await directory(c.env, tenant).admit([...imported.names].slice(0, MAX_METRICS));
	refresh(tenant);
	const range = { from: imported.from, to: imported.to + 1 };
	const job = await beginRebuild(c.env, tenant, zone, range, randomId("rebuild_"), now);
	return c.json({ accepted, known, rejected, errors, ...started(job) } satisfies ImportAnswer, 202);
});

/** Problem 400 where the file cannot be read on. What was imported until then is found again by the next attempt. */
async function importAll(run: () => Promise<Imported>): Promise<Imported> {
	try {
		return await run();
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new Problem(400, "malformed", `The file cannot be read on: ${error.message}.`);
	}
}
