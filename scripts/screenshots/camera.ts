/** One window of one width and theme, and the pictures it takes. */
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Picture } from "./pictures.ts";

export interface Look {
	/** At the end of a picture's name. */
	suffix: string;
	context: BrowserContextOptions & { viewport: { width: number; height: number } };
}

const WIDE = { viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce" } as const;
const NARROW = { viewport: { width: 390, height: 844 }, reducedMotion: "reduce", deviceScaleFactor: 2 } as const;
export const LOOKS: readonly Look[] = [
	{ suffix: "-light", context: { ...WIDE, colorScheme: "light" } },
	{ suffix: "-dark", context: { ...WIDE, colorScheme: "dark" } },
	{ suffix: "-390-light", context: { ...NARROW, colorScheme: "light" } },
	{ suffix: "-390-dark", context: { ...NARROW, colorScheme: "dark" } },
];

/** What is not ready by then is taken as it is (ms). */
const READY_MS = 30_000;
/** A page that is higher is cut (pixels). */
const MAX_HEIGHT = 6_000;

/** Runs in the page: nothing in sight waits for an answer or a connection. */
const isAtRest = () => {
	const busy = [...document.querySelectorAll('.skeleton, [aria-busy="true"]')].filter((waiting) => {
		const { top, bottom } = waiting.getBoundingClientRect();
		return bottom > 0 && top < innerHeight && waiting.checkVisibility();
	});
	return busy.length === 0 && !document.querySelector(".badge")?.textContent.includes("Connecting");
};

export class Camera {
	readonly #page: Page;
	readonly #url: string;
	readonly #look: Look;
	readonly #folder: string;

	private constructor(page: Page, url: string, look: Look, folder: string) {
		this.#page = page;
		this.#url = url;
		this.#look = look;
		this.#folder = folder;
	}

	static async open(browser: Browser, url: string, look: Look, folder: string): Promise<Camera> {
		const context = await browser.newContext(look.context);
		return new Camera(await context.newPage(), url, look, folder);
	}

	async signIn(): Promise<void> {
		await this.#page.goto(this.#url);
		await this.#page.getByRole("button", { name: "Use the demo site" }).click();
		await this.#page.locator(".top").waitFor();
		await this.#page.mouse.move(0, 0); // what lies under the button is not meant
	}

	/** Shows nothing, and asks nothing of the server. */
	async rest(): Promise<void> {
		await this.#page.goto("about:blank");
	}

	/** The picture's name where it was not ready in time. */
	async take(picture: Picture): Promise<string[]> {
		const name = `${picture.name}${this.#look.suffix}.png`;
		const began = performance.now();
		const problem = await this.#ready(picture).then(
			() => null,
			(error: unknown) => String(error).split("\n")[0],
		);
		await this.#page.screenshot({ path: join(this.#folder, name), fullPage: !picture.window });
		const seconds = ((performance.now() - began) / 1000).toFixed(1);
		console.log(problem === null ? `${name} ${seconds} s` : `${name} ${seconds} s, not ready: ${problem}`);
		return problem === null ? [] : [name];
	}

	/** Shows it. @throws where it is not ready in time. */
	async #ready({ path, shows, window }: Picture): Promise<void> {
		const page = this.#page;
		const deadline = Date.now() + READY_MS;
		const left = () => ({ timeout: Math.max(1, deadline - Date.now()) });
		await page.setViewportSize(this.#look.context.viewport);
		await page.goto(this.#url + path, left());
		await page.locator(shows).first().waitFor(left());
		await page.waitForFunction(isAtRest, undefined, left());
		// Panels load when they come into sight, and a page may be higher for what they show.
		for (let round = 0; round < 2 && !window; round++) {
			await this.#stretch();
			await page.waitForFunction(isAtRest, undefined, left());
		}
		await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
	}

	/** A window as high as the page. */
	async #stretch(): Promise<void> {
		const { width, height } = this.#look.context.viewport;
		const whole = await this.#page.evaluate(() => document.documentElement.scrollHeight);
		await this.#page.setViewportSize({ width, height: Math.min(MAX_HEIGHT, Math.max(height, whole)) });
	}
}
