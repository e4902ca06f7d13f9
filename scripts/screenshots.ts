/** A picture of every page: `npm run screenshots -- FOLDER`. Of a fresh server that is given a month of visitors. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../e2e/browser.ts";
import { importHistory } from "../e2e/history.ts";
import { buildWeb, buildWorker } from "./build.ts";
import { run } from "./command.ts";
import { ROOT } from "./paths.ts";
import { Camera, LOOKS, type Look } from "./screenshots/camera.ts";
import { furnish } from "./screenshots/furnish.ts";
import { allPictures, type Picture } from "./screenshots/pictures.ts";
import { startServer } from "./server.ts";
import { dayCurve } from "./traffic/generate.ts";

const USAGE = `npm run screenshots -- [FOLDER [what…]]
  FOLDER   gets every page, 1,440 and 390 pixels wide, light and dark (default: docs/images, what the README shows)
  what     only pages whose names begin so: overview settings
A page that is not ready within 30 s is taken as it is, and named at the end; the exit code is then 1.`;

const DAYS = 30;
/** Events a second: as many in a month as one import takes. */
const RATE = 0.04;
const SEED = 7;
/** Of the newest hours sockets bring what was sent, and not what was imported. What is sent so late is in no session. */
const RECENT_HOURS = 3;
/** Visitors stay until the last picture. */
const LIVE_MINUTES = 30;
/** Past this something hangs: on a quiet machine the whole takes a third of it (ms). */
const LIMIT_MS = 12 * 60_000;
const README = { what: ["overview-week", "dashboard-product", "funnels"], looks: LOOKS.slice(0, 1) };

const [folderName, ...names] = process.argv.slice(2);
const folder = folderName === undefined ? join(ROOT, "docs/images") : resolve(folderName);
const what = folderName === undefined ? README.what : names;
const looks = folderName === undefined ? README.looks : LOOKS;

const isWanted = ({ name }: Picture) => what.length === 0 || what.some((beginning) => name.startsWith(beginning));

/** Visitors of the newest hours, and from now on. */
function sendVisitors(url: string) {
	const now = new Date();
	const rate = RATE * dayCurve(now.getUTCHours() + now.getUTCMinutes() / 60);
	const options = { url, rate, seed: SEED, minutes: LIVE_MINUTES, backfill: RECENT_HOURS, "backfill-rate": RATE };
	const words = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
	return spawn(process.execPath, [join(ROOT, "scripts/traffic.ts"), ...words], { stdio: "ignore" });
}

/** Takes all pictures. Resolves with the names of those that were not ready. */
async function takeAll(url: string, browser: Browser, visitors: (url: string) => void): Promise<string[]> {
	const pictures = allPictures(await furnish(url)).filter(isWanted);
	if (pictures.length === 0) throw new Error(`no page is called ${what.join(" or ")}`);
	const unready: string[] = [];
	const take = async (camera: Camera, when: Picture["when"]) => {
		for (const picture of pictures) if (picture.when === when) unready.push(...(await camera.take(picture)));
	};
	const open = async (look: Look) => Camera.open(browser, url, look, folder);
	const cameras = await Promise.all(looks.map(open));
	for (const camera of cameras) {
		await take(camera, "signed out");
		await camera.signIn();
		await take(camera, "empty");
		await camera.rest();
	}
	if (pictures.some(({ when }) => when === "visited")) {
		await importHistory(url, { days: DAYS, rate: RATE, seed: SEED, recentHours: RECENT_HOURS });
		visitors(url);
		for (const camera of cameras) await take(camera, "visited");
	}
	return unready;
}

async function main(): Promise<void> {
	const [workerFile] = await Promise.all([buildWorker(), buildWeb()]);
	mkdirSync(folder, { recursive: true });
	const dataDir = mkdtempSync(join(tmpdir(), "nowcast-screenshots-"));
	const [server, browser] = await Promise.all([startServer({ port: 0, dataDir, workerFile }), launchBrowser()]);
	const stops = [() => browser.close(), () => server.stop()];
	let limit: NodeJS.Timeout | undefined;
	try {
		const tooLate = new Promise<never>((_, reject) => {
			limit = setTimeout(() => reject(new Error(`not done within ${LIMIT_MS / 60_000} minutes`)), LIMIT_MS);
		});
		const taking = takeAll(server.url, browser, (url) => {
			const visitors = sendVisitors(url);
			stops.unshift(async () => void visitors.kill());
		});
		const unready = await Promise.race([taking, tooLate]);
		if (unready.length === 0) return;
		console.error(`Not ready in time: ${unready.join(", ")}`);
		process.exitCode = 1;
	} finally {
		clearTimeout(limit);
		for (const stop of stops) await stop();
		rmSync(dataDir, { recursive: true, force: true });
	}
}

await run(USAGE, main);
