/**
 * `npm run screenshots`: the pictures of the docs (docs/images), of a fresh server that has lived through two days of
 * visitors. Takes about five minutes.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../e2e/browser.ts";
import { freePort } from "../e2e/nowcast.ts";
import { buildWeb, buildWorker } from "./build.ts";
import { HurriedClock, hurriedWorker } from "./hurry.ts";
import { ROOT } from "./paths.ts";
import { startServer } from "./server.ts";
import { generate } from "./traffic/generate.ts";
import { Sender } from "./traffic/sender.ts";

const IMAGES = join(ROOT, "docs/images");
/** The last 24 hours, and the 24 before for the comparison. */
const HISTORY_HOURS = 48;
/** Two days in four minutes: events are then seconds late, of the 15 minutes that sessions allow. */
const SPEED = 720;
/** A small shop: some 100,000 events in two days. */
const EVENTS_PER_SECOND = 0.6;
/** Visitors stay until the pictures are taken: longer than the hurry, which takes four minutes, and they may take. */
const LIVE_MINUTES = 15;
/** At the real pace before the first picture, so that nothing lags behind any more (ms). */
const SETTLE_MS = 8_000;
/** A server's start takes less than this (ms). */
const START_MS = 5_000;
/** Of real time between requests: a minute of the hurried clock. */
const PAUSE_MS = 80;
const LANES = 4;
const WIDE = { viewport: { width: 1440, height: 1000 }, deviceScaleFactor: 1 };
const NARROW = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

type Screen = typeof WIDE;
type Theme = "light" | "dark";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends each event when its time has come, by the hurried clock, until `enough`. */
async function live(url: string, clock: HurriedClock, enough: () => boolean): Promise<void> {
	const date = new Date(clock.began);
	const events = generate({
		seed: 7,
		rate: EVENTS_PER_SECOND,
		minutes: LIVE_MINUTES,
		backfill: HISTORY_HOURS,
		backfillRate: EVENTS_PER_SECOND,
		hour: date.getUTCHours() + date.getUTCMinutes() / 60,
		run: "screenshots",
	});
	const sender = new Sender({ url, key: "sk_demo", lanes: LANES });
	let batch = [];
	for (const { at, ...event } of events) {
		if (enough()) break;
		const ts = clock.began + at;
		if (ts > clock.now()) {
			if (batch.length > 0) await sender.send(batch);
			batch = [];
			await pause(Math.max(PAUSE_MS, clock.until(ts)));
		}
		batch.push({ ...event, ts });
	}
	if (batch.length > 0) await sender.send(batch);
	await sender.drain();
	const { sent, accepted } = sender.totals;
	if (accepted < sent) throw new Error(`${sent - accepted} of ${sent} events were not taken: ${sender.complaint}`);
	console.log(`${accepted} events`);
}

async function open(browser: Browser, url: string, theme: Theme, screen: Screen = WIDE): Promise<Page> {
	const context = await browser.newContext({ ...screen, colorScheme: theme, reducedMotion: "reduce" });
	const page = await context.newPage();
	await page.goto(url);
	return page;
}

async function picture(page: Page, name: string, fullPage = false): Promise<void> {
	await page.waitForLoadState("networkidle");
	await page.screenshot({ path: join(IMAGES, `${name}.png`), fullPage });
	await page.context().close();
	console.log(`docs/images/${name}.png`);
}

async function enter(page: Page): Promise<void> {
	await page.getByRole("button", { name: "Use the demo site" }).click();
}

async function overview(browser: Browser, url: string, theme: Theme, screen: Screen, name: string) {
	const page = await open(browser, url, theme, screen);
	await enter(page);
	await page.locator(".uplot canvas").waitFor();
	await page.getByText("Germany").waitFor();
	await picture(page, name, screen === WIDE);
}

const [built] = await Promise.all([buildWorker(), buildWeb()]);
mkdirSync(IMAGES, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "nowcast-screenshots-"));
const clock = new HurriedClock(Date.now() + START_MS, HISTORY_HOURS * 3_600_000, SPEED);
const workerFile = join(folder, "worker.js");
hurriedWorker(built, clock, workerFile);
const server = await startServer({ port: await freePort(), dataDir: join(folder, "data"), workerFile });
const browser = await launchBrowser();
try {
	const start = await open(browser, server.url, "light");
	await enter(start);
	await start.getByText("Waiting for the first event…").waitFor();
	await picture(start, "start");
	await picture(await open(browser, `${server.url}/shop/`, "light"), "shop");
	await pause(clock.began - Date.now());
	let enough = false;
	const traffic = live(server.url, clock, () => enough);
	await Promise.race([traffic, pause(clock.caughtUp + SETTLE_MS - Date.now())]);
	for (const theme of ["light", "dark"] as const) {
		await overview(browser, server.url, theme, WIDE, `overview-${theme}`);
		await overview(browser, server.url, theme, NARROW, `overview-390-${theme}`);
	}
	enough = true;
	await traffic;
} finally {
	await browser.close();
	await server.stop();
	rmSync(folder, { recursive: true, force: true });
}
