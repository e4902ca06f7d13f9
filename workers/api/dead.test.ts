import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { consumeDead, replay } from "../rollup/dead.ts";
import { deliver, message, recorder } from "../rollup/test-rollup.ts";
import { call, newSite, ROOT, refused } from "./test-api.ts";

interface Letter {
	id: string;
	queue: string;
	site: string | null;
	body: string;
	body_chars: number;
	replayed_at: string | null;
}
type Page = { letters: Letter[]; next: string | null };
const list = (key: string, query = "") => call<Page>(200, "GET", `/v1/dead${query}`, key);
const die = (...bodies: unknown[]) => deliver(consumeDead, "nowcast-dead", bodies);

describe("dead letters", () => {
	it("are kept with the queue they came from, and shown to the site's admin and to root", async () => {
		const { site, keys } = await newSite();
		const overflow = { v: 1, tenant: site.id, partition: 0, batch: "A".repeat(5000) };
		expect((await die(message(site.id), overflow)).explicitAcks).toHaveLength(2);
		const { letters } = await list(keys.admin);
		expect(letters.map(({ queue }) => queue).sort()).toEqual(["nowcast-overflow", "nowcast-rollups"]);
		expect(letters.find(({ queue }) => queue === "nowcast-overflow")).toMatchObject({
			body_chars: JSON.stringify(overflow).length,
		});
		expect(letters.every(({ body }) => body.length <= 1000)).toBe(true);
		expect((await list(ROOT, `?site=${site.id}`)).letters).toEqual(letters);
	});

	it("are kept once, however often they are delivered; and stay in the Queue while D1 is down", async () => {
		const { site, keys } = await newSite();
		const ack = () => {};
		const same = { id: `same_${site.id}`, body: message(site.id), timestamp: new Date(), attempts: 1, ack, retry: ack };
		const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
		const batch = { queue: "nowcast-dead", messages: [same, same], ackAll: ack, retryAll: ack, metadata };
		await consumeDead(batch, env);
		expect((await list(keys.admin)).letters).toHaveLength(1);
		const DB = {
			prepare: () => {
				throw new Error("D1 is down");
			},
		} as unknown as D1Database;
		const down = await deliver(consumeDead, "nowcast-dead", [message(site.id)], { ...env, DB });
		expect(down.retryMessages).toHaveLength(1);
	});

	it("come in pages, newest first", async () => {
		const { site, keys } = await newSite();
		await die(...Array.from({ length: 5 }, (_, i) => message(site.id, { bucket: i })));
		const first = await list(keys.admin, "?limit=3");
		const second = await list(keys.admin, `?limit=3&before=${encodeURIComponent(first.next ?? "")}`);
		const ids = [...first.letters, ...second.letters].map(({ id }) => id);
		expect(new Set(ids).size).toBe(5);
		expect(second.next).toBeNull();
	});

	it("are sent again to their queue on replay, once each", async () => {
		const { site } = await newSite();
		await die(message(site.id), { v: 1, job: "x" });
		const [rollups, jobs] = [recorder(), recorder()];
		const bindings = { ...env, ROLLUPS: rollups.queue, JOBS: jobs.queue };
		expect(await replay(bindings, site.id, undefined, 5)).toBe(1);
		expect(await replay(bindings, site.id, undefined, 6)).toBe(0);
		expect(rollups.sent.map(({ body }) => body)).toEqual([message(site.id)]);
		await replay(bindings, null, undefined, 7);
		expect(jobs.sent.map(({ body }) => body)).toContainEqual({ v: 1, job: "x" });
	});

	it("I7: a site's admin neither sees nor replays another's", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		await die(message(theirs.site.id));
		await refused(404, "GET", `/v1/dead?site=${theirs.site.id}`, mine.keys.admin);
		expect((await list(mine.keys.admin)).letters).toEqual([]);
		const [letter] = (await list(theirs.keys.admin)).letters;
		const problem = await refused(404, "POST", "/v1/dead/replay", mine.keys.admin, { id: letter?.id });
		expect(problem.type).toBe("urn:nowcast:problem:no_letter");
		expect(await call(200, "POST", "/v1/dead/replay", mine.keys.admin, {})).toEqual({ replayed: 0 });
		expect((await list(theirs.keys.admin)).letters[0]?.replayed_at).toBeNull();
	});

	it("refuses what is malformed with 400, and keys of other scopes with 403", async () => {
		const { keys } = await newSite();
		for (const query of ["?limit=0", "?limit=x", "?before=x", "?nonsense=1"]) {
			expect((await refused(400, "GET", `/v1/dead${query}`, keys.admin)).type).toBe("urn:nowcast:problem:invalid");
		}
		await refused(400, "POST", "/v1/dead/replay", keys.admin, { id: 7 });
		await refused(403, "GET", "/v1/dead", keys.read);
		await refused(403, "POST", "/v1/dead/replay", keys.read, {});
	});
});
