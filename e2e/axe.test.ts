/// <reference lib="dom" />
/** What a machine can check of accessibility, in both themes: nothing serious or critical, by axe. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { Nowcast } from "./nowcast.ts";
import { signIn } from "./sign-in.ts";

const AXE = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));

/** Enough of everything: countries, devices, sources, a purchase, something rejected. */
const EVENTS = Array.from({ length: 120 }, (_, n) => ({
	name: n % 12 === 0 ? "purchase" : "pageview",
	age: n * 20_000,
	visitor_id: `v${n % 30}`,
	url: `https://shop.example/shop/page-${n % 11}/${n % 7 === 0 ? "?utm_source=news&utm_campaign=autumn" : ""}`,
	referrer: ["https://www.google.com/", "https://news.ycombinator.com/", undefined][n % 3],
	...(n % 12 === 0 ? { value: 10 + n, currency: "EUR" } : {}),
	context: {
		country: ["DE", "FR", "NO", "US"][n % 4],
		user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
	},
}));

const FILTERS = [
	{ dim: "country", op: "in", values: ["DE", "FR"] },
	{ not: { did: "purchase", at_least: 2, within_days: 7 } },
	{
		or: [
			{ dim: "props.plan", op: "exists", values: [] },
			{ dim: "value", op: "between", values: [1, 500] },
			{ did: "*" },
		],
	},
];
/** Each page of questions with as much on it as it can have, and what says that its answer is there. */
const QUESTIONS: readonly { page: string; question: object; answered: string }[] = [
	{ page: "explore", question: { groupBy: ["browser"], compare: true, filters: FILTERS }, answered: ".groups td" },
	{
		page: "funnels",
		question: {
			steps: [
				{ event: "pageview", filters: [{ dim: "path", op: "starts_with", values: ["/shop"] }], label: "Looked" },
				{ event: "purchase", filters: [] },
			],
			exclusions: [{ event: "purchase", filters: [], after: 1 }],
			breakdown: { dim: "country" },
			interval: "1h",
		},
		answered: ".funnel-share",
	},
	{ page: "retention", question: {}, answered: ".cohorts .cell" },
	{ page: "paths", question: {}, answered: ".answer svg" },
	{ page: "lifecycle", question: {}, answered: ".bars .grid text" },
	{ page: "visitors", question: { sort: "events" }, answered: ".visitor-name" },
	{ page: "events", question: {}, answered: ".event-line" },
];

describe.skipIf(!browserAvailable())("axe finds nothing serious", () => {
	let nowcast: Nowcast;
	let browser: Browser;
	let axe: string;

	beforeAll(async () => {
		[nowcast, browser, axe] = await Promise.all([Nowcast.start(), launchBrowser(), readFile(AXE, "utf8")]);
	});
	afterAll(async () => {
		await browser?.close();
		await nowcast?.stop();
	});

	async function open(theme: "light" | "dark", width: number): Promise<Page> {
		const viewport = { width, height: 900 };
		const context = await browser.newContext({ colorScheme: theme, reducedMotion: "reduce", viewport });
		const page = await context.newPage();
		await page.goto(nowcast.url);
		return page;
	}
	async function enter(page: Page): Promise<void> {
		await signIn(page, "rk_demo");
	}
	async function check(page: Page, what = ""): Promise<void> {
		await page.evaluate(axe);
		const { violations, passes } = await page.evaluate(async () => {
			const { run } = (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe;
			return run();
		});
		const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
		expect(bad.map(({ id, nodes }) => `${what} ${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
		expect(passes.length).toBeGreaterThan(15); // it did look at something
	}

	// Both themes and both widths once: there are many pages.
	const ways = [
		["light", 1440],
		["dark", 390],
	] as const;

	// A site with events has no start page of its own accord: these come first.
	for (const [theme, width] of ways) {
		test(`login and start, ${theme}, ${width} px`, async () => {
			const page = await open(theme, width);
			await page.getByRole("heading", { name: "Nowcast" }).waitFor();
			await check(page);
			await enter(page);
			await page.getByText("Waiting for the first event…").waitFor();
			await check(page);
			await page.context().close();
		});
	}

	for (const [theme, width] of ways) {
		test(`settings, ${theme}, ${width} px`, async () => {
			const page = await open(theme, width);
			await page.getByRole("button", { name: "Use the demo site" }).click();
			await page.getByText("Waiting for the first event…").waitFor();
			await page.getByRole("button", { name: /^You: / }).click();
			await page.getByRole("link", { name: "Settings" }).waitFor();
			await check(page, "menu");
			await page.getByRole("link", { name: "Settings" }).click();
			for (const tab of ["Account", "Members", "Keys", "Audit log", "Site"]) {
				await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: tab, exact: true }).click();
				await page.waitForLoadState("networkidle");
				await check(page, tab);
			}
			await page.context().close();
		});
	}

	for (const [theme, width] of ways) {
		test(`overview, ${theme}, ${width} px`, async () => {
			// The same ids each time: they count once.
			await nowcast.send(EVENTS, "sk_demo", "axe");
			const page = await open(theme, width);
			await enter(page);
			// Names of a site's events are remembered for half a minute: its start page may still be up.
			const start = page.getByRole("button", { name: "Open the dashboard" });
			await page.getByText("Germany").or(start).waitFor();
			if (await start.isVisible()) await start.click();
			await page.getByText("Germany").waitFor();
			await page.locator(".uplot canvas").waitFor();
			await page.waitForLoadState("networkidle");
			await check(page);
			await page.getByRole("button", { name: "Table", exact: true }).click();
			await check(page);
			await page.getByRole("button", { name: "Filter" }).click();
			await page.getByRole("listbox").waitFor();
			await check(page);
			await page.context().close();
		});
	}

	for (const [theme, width] of ways) {
		test(`dashboards, ${theme}, ${width} px`, async () => {
			await nowcast.send(EVENTS, "sk_demo", "axe");
			const page = await open(theme, width);
			await page.getByRole("button", { name: "Use the demo site" }).click();
			await page.locator(".top").waitFor();
			await page.goto(`${nowcast.url}/dashboards`);
			await page.locator(".template, .dash-cards li").first().waitFor();
			await check(page, "list");
			for (const template of ["web", "product", "revenue", "operations"]) {
				const response = await nowcast.post("/v1/dashboards?site=demo", { template }, "ak_demo");
				const { uid } = (await response.json()) as { uid: string };
				await page.goto(`${nowcast.url}/d/${uid}`);
				await page.locator("[data-panel][aria-busy=false]").nth(2).waitFor();
				await page.waitForLoadState("networkidle");
				await check(page, template);
				if (template !== "web") continue;
				await page.getByTitle("Share", { exact: true }).click();
				await page.getByRole("button", { name: "Make a link" }).waitFor();
				await check(page, "share");
				await page.goto(`${nowcast.url}/d/${uid}?kiosk=1`);
				await page.locator("[data-panel][aria-busy=false]").nth(2).waitFor();
				await check(page, "wall");
				await page.goto(`${nowcast.url}/d/${uid}/edit`);
				await page.locator("[data-panel][aria-busy=false]").nth(2).waitFor();
				await check(page, "editor");
			}
			await page.context().close();
		});
	}

	for (const [theme, width] of ways) {
		test(`questions, ${theme}, ${width} px`, async () => {
			await nowcast.send(EVENTS, "sk_demo", "axe");
			const page = await open(theme, width);
			await enter(page);
			const start = page.getByRole("button", { name: "Open the dashboard" });
			await page.getByText("Germany").or(start).first().waitFor();
			for (const { page: id, question, answered } of QUESTIONS) {
				await page.goto(`${nowcast.url}/?page=${id}&range=24h&q=${encodeURIComponent(JSON.stringify(question))}`);
				await page.locator(answered).first().waitFor();
				await check(page, id);
			}
			await page.goto(`${nowcast.url}/?page=visitors&range=24h`);
			await page.locator(".visitor-name").first().click();
			await page.locator(".profile .event-line summary").first().click();
			await check(page, "profile");
			// The Overview under a filter that only raw events answer, and one with no meaning for some of it.
			await page.goto(`${nowcast.url}/?f=entry.in:${encodeURIComponent("/shop/page-1/")}&f=browser.in:Firefox`);
			await page.getByText("not by entry page").first().waitFor();
			await check(page, "filtered");
			await page.context().close();
		});
	}
});
