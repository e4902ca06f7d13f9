/**
 * `npm run screenshots`: the pictures of the docs (docs/images), of a fresh server that has lived through two days of
 * visitors, and of another one that was given four weeks. Takes about five minutes. `-- FOLDER` puts them elsewhere,
 * `-- FOLDER questions` takes those of the second server only, `-- FOLDER dashboards` its dashboards and settings only.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../e2e/browser.ts";
import { freePort } from "../e2e/nowcast.ts";
import { buildWeb, buildWorker } from "./build.ts";
import { HurriedClock, hurriedWorker } from "./hurry.ts";
import { ROOT } from "./paths.ts";
import { dashboardPictures, type Look } from "./screenshots/dashboards.ts";
import { startServer } from "./server.ts";
import { generate } from "./traffic/generate.ts";
import { Sender } from "./traffic/sender.ts";

const [folderName, only] = process.argv.slice(2);
const IMAGES = folderName === undefined ? join(ROOT, "docs/images") : resolve(folderName);
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
/** Events of a request: a busy machine has many to catch up with, and the server takes 500. */
const BATCH = 250;
/** Later events (ms) take no part in sessions. */
const SESSIONS_MS = 15 * 60_000;
/** Questions about behaviour need weeks, and no sockets: history that is imported does for them. */
const WEEKS = 4;
/** Few enough that the same people come again within days. */
const IMPORTED_PER_SECOND = 0.03;
/** An import takes 50 MiB. */
const IMPORT_BYTES = 40_000_000;
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
	let late = 0;
	for (const { at, ...event } of events) {
		if (enough()) break;
		const ts = clock.began + at;
		const now = clock.now();
		if (ts > now || batch.length === BATCH) {
			if (batch.length > 0) await sender.send(batch);
			batch = [];
			if (ts > now) await pause(Math.max(PAUSE_MS, clock.until(ts)));
		}
		if (now - ts > SESSIONS_MS) late++;
		batch.push({ ...event, ts });
	}
	if (batch.length > 0) await sender.send(batch);
	await sender.drain();
	const { sent, accepted } = sender.totals;
	if (accepted < sent) throw new Error(`${sent - accepted} of ${sent} events were not taken: ${sender.complaint}`);
	console.log(`${accepted} events`);
	if (late > 0) console.warn(`${late} came too late for sessions: the machine was busy, take the pictures again`);
}

async function open(browser: Browser, url: string, theme: Theme, screen: Screen = WIDE): Promise<Page> {
	const context = await browser.newContext({ ...screen, colorScheme: theme, reducedMotion: "reduce" });
	const page = await context.newPage();
	await page.goto(url);
	return page;
}

async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
	await page.waitForLoadState("networkidle");
	await page.screenshot({ path: join(IMAGES, `${name}.png`), fullPage });
	console.log(join(IMAGES, `${name}.png`));
}

async function picture(page: Page, name: string, fullPage = false): Promise<void> {
	await shoot(page, name, fullPage);
	await page.context().close();
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

/** Sends weeks of history to the archive. */
async function importHistory(url: string): Promise<void> {
	const now = new Date();
	const events = generate({
		seed: 7,
		rate: IMPORTED_PER_SECOND,
		minutes: 0,
		backfill: WEEKS * 7 * 24,
		backfillRate: IMPORTED_PER_SECOND,
		hour: now.getUTCHours() + now.getUTCMinutes() / 60,
		run: "imported",
	});
	let lines: string[] = [];
	let size = 0;
	const flush = async () => {
		const body = lines.join("\n");
		const headers = { authorization: "Bearer sk_demo", "content-type": "application/x-ndjson" };
		const response = await fetch(`${url}/v1/import`, { method: "POST", headers, body });
		const answer = await response.text();
		if (response.status !== 202) throw new Error(`${response.status} ${answer}`);
		console.log(`imported: ${answer}`);
		lines = [];
		size = 0;
	};
	for (const { at, ...event } of events) {
		const line = JSON.stringify({ ...event, ts: now.getTime() + at });
		lines.push(line);
		size += line.length;
		if (size > IMPORT_BYTES) await flush();
	}
	await flush();
}

interface Asked {
	name: string;
	page: string;
	/** As the page's form writes it into the address. */
	question: object;
	/** Shows when the answer is there. */
	answered: string;
	theme?: Theme;
	screen?: Screen;
}

const LOOKED = {
	event: "pageview",
	filters: [{ dim: "path", op: "starts_with", values: ["/shop/shoes"] }],
	label: "Looked at shoes",
};
const CHECKOUT = {
	event: "pageview",
	filters: [{ dim: "path", op: "in", values: ["/shop/checkout/"] }],
	label: "Checkout",
};
const event = (name: string) => ({ event: name, filters: [] });
const FUNNEL = {
	steps: [LOOKED, event("add_to_cart"), CHECKOUT, event("purchase")],
	window: "1h",
	breakdown: { dim: "device" },
};
const EXPLORE = {
	metric: "purchase",
	measure: "sum",
	groupBy: ["country"],
	filters: [
		{ dim: "props.category", op: "in", values: ["shoes", "packs"] },
		{ did: "pageview", at_least: 3 },
	],
};
const QUESTIONS: readonly Asked[] = [
	{ name: "explore", page: "explore", question: EXPLORE, answered: ".groups td" },
	{ name: "funnels", page: "funnels", question: FUNNEL, answered: ".funnel-share" },
	{ name: "retention", page: "retention", question: { periods: 10 }, answered: ".cohorts .cell" },
	{ name: "paths", page: "paths", question: { anchor: LOOKED, depth: 4, limit: 5 }, answered: ".answer svg" },
	{ name: "visitors", page: "visitors", question: { limit: 14 }, answered: ".visitor-name" },
];
const PHONE: readonly Asked[] = [
	{ name: "explore-390-dark", page: "explore", question: EXPLORE, answered: ".groups td" },
	{ name: "funnels-390-dark", page: "funnels", question: FUNNEL, answered: ".funnel-share" },
].map((asked) => ({ ...asked, theme: "dark", screen: NARROW }));

async function question(browser: Browser, url: string, asked: Asked): Promise<void> {
	const { name, page: id, theme = "light", screen = WIDE } = asked;
	const search = new URLSearchParams({ page: id, q: JSON.stringify(asked.question) });
	const page = await open(browser, `${url}/?${search}`, theme, screen);
	await enter(page);
	await page.locator(asked.answered).first().waitFor();
	await page.mouse.move(0, 0); // what lies under the button of the login is not meant
	await picture(page, name, true);
}

const openLook = (browser: Browser, url: string, { screen, theme }: Look) =>
	open(browser, url, theme, screen === "wide" ? WIDE : NARROW);

/** The pages of questions, of a server that was given history. */
async function questions(browser: Browser, workerFile: string): Promise<void> {
	const server = await startServer({ port: await freePort(), dataDir: join(folder, "questions"), workerFile });
	try {
		await importHistory(server.url);
		if (only !== "dashboards") for (const asked of [...QUESTIONS, ...PHONE]) await question(browser, server.url, asked);
		if (only !== "questions") await dashboardPictures(browser, server.url, openLook, shoot);
	} finally {
		await server.stop();
	}
}

/** A new site, and one that has lived through two days under a hurried clock. */
async function lived(browser: Browser, built: string): Promise<void> {
	const clock = new HurriedClock(Date.now() + START_MS, HISTORY_HOURS * 3_600_000, SPEED);
	const workerFile = join(folder, "worker.js");
	hurriedWorker(built, clock, workerFile);
	const server = await startServer({ port: await freePort(), dataDir: join(folder, "data"), workerFile });
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
		await server.stop();
	}
}

const [built] = await Promise.all([buildWorker(), buildWeb()]);
mkdirSync(IMAGES, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "nowcast-screenshots-"));
const browser = await launchBrowser();
try {
	await questions(browser, built);
	if (only === undefined) await lived(browser, built);
} finally {
	await browser.close();
	rmSync(folder, { recursive: true, force: true });
}
