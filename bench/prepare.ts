/** History that cannot be sent as events (they would be late): windows made by the same arithmetic, put where they belong. */

import type { D1Database } from "@cloudflare/workers-types";
import type { Miniflare } from "miniflare";
import type { MetricRpc } from "../durable-objects/rpc.ts";
import { hash64 } from "../schema/core/hash.ts";
import { encodeSpan, Window, type WindowShape } from "../schema/core/window.ts";
import { metricName, tenantId } from "../schema/ids.ts";
import { ALL, OPEN_DIMENSIONS, SLOT_DIMENSION } from "../schema/metric.ts";
import { randomFrom } from "../scripts/traffic/random.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DEVICES = ["desktop", "mobile", "tablet"];
export const COUNTRIES = Array.from(
	{ length: 200 },
	(_, i) => `${String.fromCharCode(65 + Math.floor(i / 26))}${String.fromCharCode(65 + (i % 26))}`,
);

const shape = (marginals: string[]): WindowShape => ({
	cube: ["country", "device"],
	marginals,
	hits: OPEN_DIMENSIONS.filter((dimension) => dimension !== "entry"),
	signed: false,
});

/** Zipf-like: low ranks are common. */
const rank = (u: number, n: number) => Math.floor(n ** u) - 1;

function fill(window: Window, events: number, visitors: number, next: () => number, slots: boolean): void {
	for (let i = 0; i < events; i++) {
		const visitor = Math.floor(next() * visitors);
		const { hi, lo } = hash64(`v${visitor}`);
		const country =
			COUNTRIES[visitor % 7 === 0 ? visitor % COUNTRIES.length : rank((visitor % 1000) / 1000, COUNTRIES.length)] ??
			"DE";
		const device = DEVICES[visitor % 3] ?? "desktop";
		const hits = [`/p/${rank(next(), 2000)}`, "", "direct", "Chrome", "Windows", "", "", ""];
		window.add([country, device], slots ? [String(i % 6)] : [], hits, next() < 0.1 ? next() * 100 : Number.NaN, hi, lo);
	}
}

/** `days` of minutes in the metric object of `*`, as one partition's spans of an hour each. */
export async function prepareMinutes(
	miniflare: Miniflare,
	site: string,
	days: number,
	eventsPerMinute: number,
): Promise<void> {
	const namespace = await miniflare.getDurableObjectNamespace("METRIC", "nowcast");
	const metric = namespace.get(namespace.idFromName(metricName(tenantId(site), ALL))) as unknown as MetricRpc;
	const next = randomFrom(1);
	const end = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
	let offset = 0;
	for (let hour = end - days * DAY_MS; hour < end; hour += 60 * MINUTE_MS) {
		const minutes = new Map<number, Window>();
		for (let minute = hour; minute < hour + 60 * MINUTE_MS; minute += MINUTE_MS) {
			const window = new Window(shape([SLOT_DIMENSION]));
			fill(window, eventsPerMinute, 50_000, next, true);
			minutes.set(minute, window);
		}
		await metric.apply({
			partition: 9_999,
			from: offset,
			to: offset + 1,
			span: encodeSpan(minutes),
			receivedAt: Date.now(),
		});
		offset++;
	}
}

/** `days` of days in D1, each with `visitors` daily actives over 200 countries. */
export async function prepareDays(db: D1Database, site: string, days: number, visitors: number): Promise<void> {
	const next = randomFrom(2);
	const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
	for (let day = 1; day <= days; day++) {
		const window = new Window(shape([]));
		fill(window, visitors, visitors * 3, next, false);
		const insert = db.prepare(
			"INSERT OR REPLACE INTO rollups (tenant, metric, grain, bucket, part, page, pages, epoch, n, stats, uniques, quantiles) VALUES (?, '*', 'day', ?, ?, ?, ?, 0, 1, ?, ?, ?)",
		);
		const sections = window.toSections();
		for (const section of sections) {
			const pages = sections.filter(({ part }) => part === section.part).length;
			await insert
				.bind(
					site,
					today - day * DAY_MS,
					section.part,
					section.page,
					pages,
					section.stats,
					section.uniques,
					section.quantiles,
				)
				.run();
		}
	}
}
