import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { directory, logStub } from "../../durable-objects/stubs.ts";
import { encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import type { Status } from "./status.ts";
import { call, newSite, refused } from "./test-api.ts";

describe("GET /v1/status", () => {
	it("says how each log of the site stands, and of no other's (I7)", async () => {
		const [site, other] = [await newSite(), await newSite()];
		const { epoch, version, partitions } = await directory(env, site.site.id).configure({
			zone: "UTC",
			week_start: "monday",
			currency: null,
			dimensions: [],
			partitions: 4,
		});
		const append = { epoch, definitions: version, batch: encodeTable(EVENT_LAYOUT, []), counts: { bot: 1 } };
		await logStub(env, site.site.id, 2).append(append);
		const status = await call<Status>(200, "GET", "/v1/status", site.keys.read);
		expect(status.dedupe_horizon_ms).toBe(48 * 3_600_000);
		expect(status.logs.map((log) => log.offset)).toEqual([0, 0, 1, 0]);
		expect(status.logs).toHaveLength(partitions);
		expect(status.logs[2]?.unsealed_bytes).toBeGreaterThan(0);
		const others = await call<Status>(200, "GET", "/v1/status", other.keys.read);
		expect(others.logs.every((log) => log.offset === 0)).toBe(true);
		await refused(403, "GET", "/v1/status", site.keys.write);
	});
});
