/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** From a visitor's click in one browser to the number in another: how live *live* is, and that nothing is missing. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { quantile } from "../scripts/traffic/sender.ts";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { Nowcast } from "./nowcast.ts";
import { overhear, signIn } from "./sign-in.ts";

/** Page views measured one by one, and in a burst that the beacon batches. */
const VIEWS = 40;
const BURST = 30;
/** Visitors take turns this far apart (ms): each waits over a second, as people do, so that no view waits for a batch. */
const TURN_MS = 620;
const COUNTRIES = ["NO", "DE"];
/** What the product promises (ms); on an idle machine it is a tenth of this. */
const PROMISE_MS = 5_000;

declare global {
	interface Window {
		/** When the figure was seen to change, and to what: [epoch ms, value]. */
		seen: [number, number][];
	}
}

describe.skipIf(!browserAvailable())("the dashboard follows the shop", () => {
	let nowcast: Nowcast;
	let browser: Browser;
	let dashboard: Page;
	const visitors: Page[] = [];
	let complaints: string[] = [];
	let views = 0;
	/** Views by path: what the dashboard must come to show. */
	const byPath = new Map<string, number>();

	beforeAll(async () => {
		[nowcast, browser] = await Promise.all([Nowcast.start(), launchBrowser()]);
	});
	afterAll(async () => {
		await browser?.close();
		await nowcast?.stop();
	});

	function count(path: string): void {
		views++;
		byPath.set(path, (byPath.get(path) ?? 0) + 1);
	}
	/** Clicks a link of the shop. Returns when (epoch ms): by the browser's clock, which is the dashboard's too. */
	async function visit(page: Page): Promise<number> {
		const { at, path } = await page.evaluate(() => {
			const links = [...document.querySelectorAll<HTMLAnchorElement>("a[data-route]")];
			const others = links.filter((link) => link.pathname !== location.pathname);
			const at = Date.now();
			others[Math.floor(Math.random() * others.length)]?.click();
			return { at, path: location.pathname };
		});
		count(path);
		return at;
	}
	const figure = () => dashboard.evaluate(() => window.seen.at(-1)?.[1] ?? 0);
	/** All views are visible; else says how far they came: the beacon, the server, or the dashboard's socket. */
	async function arrived(): Promise<void> {
		const seen = () =>
			vi.waitFor(async () => expect(await figure()).toBe(views), { timeout: PROMISE_MS, interval: 50 });
		await seen().catch(async (error: Error) => {
			const counted = await nowcast.total({ metric: "pageview", measure: "count" }).catch(String);
			const badge = await dashboard.locator(".top").textContent();
			throw new Error(
				`${error.message}; the server counts ${counted}; ${badge}; ${complaints.join("; ")}; ${nowcast.output}`,
			);
		});
	}

	/** Latency of each view: the n-th is visible once the figure is at least n more than before. */
	async function latencies(clicks: number[]): Promise<number[]> {
		const before = views - clicks.length;
		await arrived();
		const seen = await dashboard.evaluate(() => window.seen);
		return clicks
			.sort((a, b) => a - b)
			.map((at, i) => {
				const moment = seen.find(([, value]) => value > before + i)?.[0] ?? Number.POSITIVE_INFINITY;
				return moment - at;
			});
	}
	function report(what: string, ms: number[]): void {
		const [p50, p99, max] = [0.5, 0.99, 1].map((q) => Math.round(quantile(ms, q)));
		console.log(`${what}: n=${ms.length}, p50=${p50} ms, p99=${p99} ms, max=${max} ms`);
	}

	test("a new site's checklist ticks itself at the first view, and leads to the Overview", async () => {
		dashboard = await (await browser.newContext()).newPage();
		complaints = overhear(dashboard);
		await dashboard.goto(`${nowcast.url}/?range=60m&stat=views`);
		await signIn(dashboard, "rk_demo");
		await dashboard.getByText("Connect Demo shop").waitFor();
		expect(await dashboard.getByText(/: done/).count()).toBe(0);

		for (const country of COUNTRIES) {
			const page = await (await browser.newContext({ extraHTTPHeaders: { "cf-ipcountry": country } })).newPage();
			await page.goto(`${nowcast.url}/shop/`);
			visitors.push(page);
			count("/shop/");
		}
		await dashboard.getByText("Script loaded, first page view: done").waitFor({ timeout: PROMISE_MS });
		await dashboard.getByRole("button", { name: "Open the dashboard" }).click();
		await dashboard.getByRole("button", { name: /^Views/, pressed: true }).waitFor();
		await dashboard.evaluate(() => {
			window.seen = [];
			const look = () => {
				const text = document.querySelector(".tile[aria-pressed=true] .tile-value")?.getAttribute("title") ?? "";
				const value = Number(text.replace(/\D/g, ""));
				if (value !== window.seen.at(-1)?.[1]) window.seen.push([Date.now(), value]);
			};
			// In the frame that paints the change.
			new MutationObserver(() => requestAnimationFrame(look)).observe(document.body, {
				subtree: true,
				childList: true,
				attributes: true,
				characterData: true,
			});
			look();
		});
		await arrived();
	});

	test(`event → visible: ${VIEWS} views of ${COUNTRIES.length} visitors, each on its own`, async () => {
		const clicks: number[] = [];
		for (let n = 0; n < VIEWS; n++) {
			await new Promise((resolve) => setTimeout(resolve, TURN_MS * (0.9 + Math.random() * 0.2)));
			const page = visitors[n % visitors.length];
			if (page) clicks.push(await visit(page));
		}
		const ms = await latencies(clicks);
		report("event → visible", ms);
		expect(Math.max(...ms)).toBeLessThan(PROMISE_MS);
	});

	test("event → visible: a hurried visitor, whose views leave in batches of a second", async () => {
		const clicks: number[] = [];
		for (let n = 0; n < BURST; n++) {
			const [page] = visitors;
			if (page) clicks.push(await visit(page));
			await new Promise((resolve) => setTimeout(resolve, 150));
		}
		const ms = await latencies(clicks);
		report("event → visible, batched", ms);
		expect(Math.max(...ms)).toBeLessThan(PROMISE_MS);
	});

	test("the table behind the chart adds up to the same", async () => {
		await dashboard.getByRole("button", { name: "Table", exact: true }).click();
		const cells = await dashboard.locator(".table-scroll td:nth-child(2)").allTextContents();
		expect(cells.reduce((sum, text) => sum + Number(text.replace(/\D/g, "")), 0)).toBe(views);
	});

	test("the lists come to agree with what was visited, and nothing complained", async () => {
		const rows = (card: string) =>
			dashboard
				.getByRole("region", { name: card, exact: true })
				.locator(".row")
				.evaluateAll((all) =>
					all.map((row) => [
						row.querySelector(".row-label > span:last-child")?.textContent ?? "",
						Number(row.querySelector(".row-value")?.textContent?.replace(/\D/g, "")),
					]),
				);
		await vi.waitFor(
			async () => {
				const pages = await rows("Pages");
				expect(pages.length).toBeGreaterThan(4);
				for (const [path, shown] of pages) expect([path, shown]).toEqual([path, byPath.get(String(path))]);
				expect(await rows("Countries")).toEqual(
					expect.arrayContaining([
						["Norway", 1],
						["Germany", 1],
					]),
				);
			},
			{ timeout: 15_000, interval: 250 },
		);
		expect(complaints).toEqual([]);
	});
});
