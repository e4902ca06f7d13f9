import { describe, expect, it } from "vitest";
import { DAY, HOUR } from "../../schema/core/zone.ts";
import { tenantId } from "../../schema/ids.ts";
import { metaOf } from "../../schema/query.testing.ts";
import { type Answer, Query, type Question, type Series } from "../../schema/query.ts";
import type { Site } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { anomaliesOf } from "./anomalies.ts";
import type { ProxyAnswer } from "./proxy.ts";

const now = Date.parse("2026-11-22T09:30:00Z");
const site: Pick<Site, "id" | "zone" | "week_start"> = { id: tenantId("shop"), zone: "UTC", week_start: "monday" };
const meta = metaOf({ sources: ["d1"], partial: true });

const iso = (t: number) => new Date(t).toISOString().replace(".000Z", "+00:00");
/** Hours up to now, 100 each but the one `spikeAt` hours ago. */
function series(hours: number, group: Record<string, string>, spikeAt = -1): Series {
	const last = Math.floor(now / HOUR) * HOUR;
	const points = Array.from({ length: hours }, (_, i): [string, number] => {
		const ago = hours - 1 - i;
		return [iso(last - ago * HOUR), ago === spikeAt ? 900 : 100];
	});
	return { group, points, total: hours * 100 };
}
const question = Query.parse({
	from: "now-24h",
	interval: "1h",
	groupBy: ["device"],
	timezone: "UTC",
	compare: "previous",
	explain: true,
});

async function judged(answer: Answer, history: ProxyAnswer) {
	const asked: { question: Question; ttlMs: number }[] = [];
	const ask = async (request: { question: Question; ttlMs: number }) => {
		asked.push(request);
		return history;
	};
	const env = { PROXY: { getByName: () => ({ ask }) } } as unknown as Env;
	const asker = { env, site: site as Site, caller: "me", now };
	return { anomalies: await anomaliesOf(question, answer, now, asker), asked };
}
const known = (...all: Series[]): ProxyAnswer => ({
	status: "ok",
	body: JSON.stringify({ series: all, meta }),
	cache: { at: now, state: "fresh" },
});

describe("anomalies of a panel", () => {
	const mobile = { device: "mobile" };
	const answer: Answer = {
		series: [series(24, { device: "tv" }), series(24, mobile, 5), series(24, { device: "(other)" })],
		meta,
	};

	it("are judged by four weeks before the range, asked for once in five minutes", async () => {
		const { asked } = await judged(answer, known());
		expect(asked).toMatchObject([{ ttlMs: 300_000, question: { to: "now", interval: "1h", explain: false } }]);
		expect(asked[0]?.question).not.toHaveProperty("compare");
		expect(asked[0]?.question.from).toBe(Math.floor((now - 29 * DAY) / DAY) * DAY);
	});

	it("have the series that they are of, and the words of its buckets; (other) has none", async () => {
		const { anomalies } = await judged(answer, known(series(700, mobile), series(700, { device: "tv" })));
		expect(anomalies.map((each) => [each.series, each.points.length, each.band.length])).toEqual([
			[0, 0, 24],
			[1, 1, 24],
		]);
		expect(anomalies[1]?.points[0]).toMatchObject({ t: iso(Math.floor(now / HOUR) * HOUR - 5 * HOUR), value: 900 });
	});

	it("are none where the history cannot be had", async () => {
		const problem = { type: "urn:nowcast:problem:x", title: "x", status: 503, detail: "down" };
		expect((await judged(answer, { status: "problem", problem })).anomalies).toEqual([]);
	});
});
