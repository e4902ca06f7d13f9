import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian, Ubuntu and others put it. `CHROMIUM` names another. */
const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A person's browser: the beacon's events pass the bot check, which knows headless Chromium by its user agent. */
export const USER_AGENT =
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

const FLAGS = [
	"--no-sandbox", // Chromium refuses to run as root with it
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	`--user-agent=${USER_AGENT}`,
];

/** The browser's executable, or null where this machine has none. */
export function chromiumPath(): string | null {
	for (const path of [process.env.CHROMIUM, ...CANDIDATES]) {
		if (path === undefined) continue;
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// The next candidate.
		}
	}
	return null;
}

/** A fresh browser with a profile of its own. @throws where there is none: ask `chromiumPath` first. */
export async function launchBrowser(): Promise<Browser> {
	const executablePath = chromiumPath();
	if (!executablePath) throw new Error("Chromium is missing: install it, or name it in CHROMIUM");
	return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/**
 * May browser tests run? False, with a word why, where Chromium is missing; in CI that is an error instead,
 * so that no pipeline is green because it tested nothing.
 */
export function browserAvailable(): boolean {
	if (chromiumPath()) return true;
	if (process.env.CI) throw new Error("CI is set, but Chromium is missing: the browser tests cannot run");
	console.warn("SKIPPED: browser tests, because Chromium is missing (install it, or name it in CHROMIUM)");
	return false;
}
