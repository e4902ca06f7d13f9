/// <reference lib="dom" />
/**
 * How heavy dashboards are and how they feel, measured in a real browser and printed: scripts before the first chart,
 * twelve panels over thirty days, and interactions beside twelve live panels of 1,440 points. Only what does not depend
 * on the machine is asserted tightly; times are told, with a bound that only a hang would pass.
 */
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PanelInput } from "../schema/dashboard.ts";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { importHistory } from "./history.ts";
import { Nowcast, until } from "./nowcast.ts";

const DAYS = 30;
const MINUTE_MS = 60_000;
/** Some 20,000 events in thirty days. */
const EVENTS_PER_SECOND = 0.008;
const MINUTES = 1_440;
/** Nothing takes this long but a hang (ms). */
const HANG_MS = 30_000;
/** What the issue asks for: scripts before the first chart, gzip. */
const SCRIPT_BYTES = 120 * 1024;
const BATCH = 500;
/** A server is at rest that works less than this share of so many ms, more than its Queues wait for. */
const IDLE = 0.05;
const REST_MS = 2_500;

const panel = (kind: PanelInput["kind"], rest: object) => ({ kind, title: kind, ...rest });
/** Four in a row. */
const placed = (panels: readonly object[]): unknown[] =>
	panels.map((one, n) => ({ ...one, id: `p${n}`, grid: { x: (n % 4) * 6, y: Math.floor(n / 4) * 7, w: 6, h: 7 } }));
const query = (rest: object = {}) => ({ queries: [{ ref: "A", metric: "pageview", ...rest }] });

/** A panel of every kind that a team would put on one. */
const twelve = () => [
	panel("stat", query({ measure: "uniques" })),
	panel("stat", query({ metric: "purchase", measure: "sum" })),
	panel("line", { ...query(), compare: true }),
	panel("area", query({ groupBy: ["device"] })),
	panel("bar", query({ groupBy: ["channel"] })),
	panel("bar", { ...query({ groupBy: ["browser"] }), by: "group" }),
	panel("pie", query({ groupBy: ["device"] })),
	panel("table", query({ groupBy: ["path"] })),
	panel("map", query({ measure: "uniques" })),
	panel("heatmap", query()),
	panel("line", query({ groupBy: ["country"], limit: 5 })),
	panel("funnel", { funnel: { steps: [{ event: "pageview" }, { event: "add_to_cart" }, { event: "purchase" }] } }),
];

/** Lines that sockets move: a point a minute, for a day. */
const moving = () =>
	Array.from({ length: 12 }, (_, n) =>
		panel("line", {
			...query({ metric: "tick", measure: n % 2 === 0 ? "count" : "sum" }),
			interval: "1m",
			title: `Live ${n}`,
		}),
	);

describe.skipIf(!browserAvailable())("dashboards, measured", () => {
	let nowcast: Nowcast;
	let browser: Browser;

	beforeAll(async () => {
		[nowcast, browser] = await Promise.all([Nowcast.start(), launchBrowser()]);
		await importHistory(nowcast.url, { days: DAYS, rate: EVENTS_PER_SECOND, seed: 3 });
		await tickEveryMinute();
		await quiet();
	});
	afterAll(async () => {
		await browser?.close();
		await nowcast?.stop();
	});

	/** Rollups of what was imported are still being written: until the server hardly works any more. */
	async function quiet(): Promise<void> {
		const rests = async () => {
			const before = nowcast.cpuMs();
			await new Promise((resolve) => setTimeout(resolve, REST_MS));
			return nowcast.cpuMs() - before < REST_MS * IDLE;
		};
		await until("a server at rest", rests, 120_000).catch(() => console.warn("measured beside a busy server"));
	}

	async function tickEveryMinute(): Promise<void> {
		const events = Array.from({ length: MINUTES }, (_, n) => ({
			id: `tick-${n}`,
			name: "tick",
			age: n * MINUTE_MS,
			visitor_id: `v${n % 40}`,
			value: n % 17,
		}));
		for (let from = 0; from < events.length; from += BATCH) await nowcast.send(events.slice(from, from + BATCH));
	}

	async function made(title: string, unplaced: object[], time: object): Promise<string> {
		const panels = placed(unplaced);
		const response = await nowcast.post("/v1/dashboards?site=demo", { dashboard: { title, panels, time } }, "ak_demo");
		const record = (await response.json()) as { uid: string };
		expect(response.status, JSON.stringify(record)).toBe(201);
		return record.uid;
	}

	/** Tall enough that every panel is in sight: those that are not do not load. */
	async function open(path: string, onScript?: (bytes: number) => void): Promise<Page> {
		const context = await browser.newContext({ viewport: { width: 1440, height: 1400 }, reducedMotion: "reduce" });
		await context.addInitScript(() => sessionStorage.setItem("nowcast.key", "rk_demo"));
		const page = await context.newPage();
		page.on("response", async (response) => {
			if (response.request().resourceType() !== "script" || !response.ok()) return;
			onScript?.(gzipSync(await response.body()).length);
		});
		// A person's browser has started when they open a page: another page of the origin, and rest for its processes.
		await page.goto(`${nowcast.url}/v1/health`);
		await quiet();
		await page.goto(nowcast.url + path);
		return page;
	}

	/** Milliseconds from the navigation until `count` panels have what they show. */
	const drawn = (page: Page, count: number): Promise<number> =>
		page.evaluate(
			(wanted) =>
				new Promise<number>((resolve) => {
					const look = () => {
						const panels = [...document.querySelectorAll("[data-panel]")];
						const done = panels.filter(
							(one) => one.getAttribute("aria-busy") === "false" && !one.querySelector(".skeleton"),
						);
						if (done.length < wanted) requestAnimationFrame(look);
						// What was put into the document is on the screen a frame later.
						else requestAnimationFrame(() => resolve(performance.now()));
					};
					look();
				}),
			count,
		);

	test("scripts before the first chart: 120 KB gzip at most", async () => {
		const uid = await made("One line", [panel("line", query())], { from: "now-24h", to: "now" });
		let bytes = 0;
		const page = await open(`/d/${uid}`, (more) => {
			bytes += more;
		});
		await page.locator(".uplot canvas").waitFor({ timeout: HANG_MS });
		await page.waitForLoadState("networkidle");
		console.log(`scripts of a dashboard with a chart: ${(bytes / 1024).toFixed(1)} KB gzip`);
		expect(bytes).toBeGreaterThan(10_000);
		expect(bytes).toBeLessThan(SCRIPT_BYTES);
		const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
		expect(names.filter((name) => /edit/i.test(name))).toEqual([]);
		await page.context().close();
	});

	test("interactions beside twelve live panels of 1,440 points", async () => {
		const uid = await made("Moving", moving(), { from: "now-24h", to: "now" });
		const page = await open(`/d/${uid}`);
		await drawn(page, 12);
		await page.evaluate(() => {
			const seen: number[] = [];
			Object.assign(globalThis, { seen });
			const observer = new PerformanceObserver((list) => {
				for (const entry of list.getEntries())
					if ("interactionId" in entry && entry.interactionId) seen.push(entry.duration);
			});
			// The least the browser tells of.
			observer.observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
		});
		let sent = 0;
		let sending = true;
		const traffic = (async () => {
			while (sending) {
				await nowcast.send([{ id: `now-${sent}`, name: "tick", age: 0, visitor_id: `w${sent++ % 9}`, value: 3 }]);
			}
		})();
		for (let round = 0; round < 6; round++) {
			const chart = page.locator("[data-panel] .uplot .u-over").nth(round * 2);
			await chart.hover();
			await chart.click();
			await page.keyboard.press("ArrowLeft");
			const help = page.getByRole("dialog", { name: "Keyboard" });
			await page.keyboard.press("?");
			await help.waitFor();
			await page.keyboard.press("Escape");
			await help.waitFor({ state: "hidden" });
		}
		sending = false;
		await traffic;
		const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
		const worst = Math.max(0, ...seen);
		console.log(
			`${seen.length} interactions of 16 ms or more beside ${sent} events: worst ${worst} ms to the next paint (aim 200)`,
		);
		expect(sent).toBeGreaterThan(0);
		expect(worst).toBeLessThan(HANG_MS);
		await page.context().close();
	});

	// Last, when the server has got over what was imported.
	test("twelve panels over thirty days", async () => {
		const uid = await made("Twelve", twelve(), { from: `now-${DAYS}d`, to: "now" });
		const times: number[] = [];
		for (let round = 0; round < 3; round++) {
			const page = await open(`/d/${uid}`);
			times.push(Math.round(await drawn(page, 12)));
			expect(await page.locator("[data-panel] [role=alert]").count()).toBe(0);
			await page.context().close();
		}
		const [cold, ...warm] = times;
		console.log(`twelve panels over ${DAYS} days: first viewer ${cold} ms, then ${warm.join(", ")} ms (aim 1,500)`);
		expect(Math.max(...times)).toBeLessThan(HANG_MS);
	});
});
