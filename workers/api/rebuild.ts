/** POST /v1/rebuild: D1's hours and days of a range anew, from the archive. */
import { Hono } from "hono";
import * as z from "zod";
import { parseRange } from "../../schema/core/range.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { Problem } from "../../schema/problem.ts";
import { beginRebuild, rebuildableFrom } from "../jobs/rebuild.ts";
import { type ApiEnv, assertSiteNamed, requireScope, type Site } from "./auth.ts";
import { assertRoomForJob, started } from "./jobs.ts";
import { randomId } from "./secrets.ts";
import { readBody } from "./validate.ts";

const time = z.union([z.string().max(64), z.number()]);
/** Times as in questions; the days that they touch are rebuilt whole. */
export const RebuildRequest = z.strictObject({ from: time, to: time.default("now") });

/** Problem 422 for no range, and for days whose events are no longer in the archive. */
function rangeOf({ from, to }: z.output<typeof RebuildRequest>, site: Site, now: number) {
	const zone = zoneOf(site.zone);
	const range = parsed(from, to, { now, zone, weekStart: site.week_start });
	if (range.from >= range.to) throw new Problem(422, "range", "from must be before to.");
	const earliest = rebuildableFrom(zone, site.retention_days, now);
	if (zone.startOf("day", range.from) < earliest) {
		const detail = `Days before ${zone.iso(earliest)} can't be rebuilt: their events are no longer kept whole.`;
		throw new Problem(422, "range", detail);
	}
	return { zone, range };
}

function parsed(...args: Parameters<typeof parseRange>) {
	try {
		return parseRange(...args);
	} catch (error) {
		throw new Problem(422, "range", `${error instanceof Error ? error.message : error}.`);
	}
}

/** Admin keys. Problem 400, 401, 403, 422, 429, 503. */
export const rebuild = new Hono<ApiEnv>().post("/v1/rebuild", requireScope("admin"), async (c) => {
	const { tenant, site } = c.get("principal");
	assertSiteNamed(c.get("principal"));
	const now = Date.now();
	const { zone, range } = rangeOf(await readBody(c, RebuildRequest), site, now);
	await assertRoomForJob(c.env, tenant);
	const job = await beginRebuild(c.env, tenant, zone, range, randomId("rebuild_"), now);
	c.set("audit", { detail: `${zone.iso(range.from)} to ${zone.iso(range.to)}` });
	return c.json(started(job), 202);
});
