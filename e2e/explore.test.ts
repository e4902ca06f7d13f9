/// <reference lib="dom" />
/** Questions over raw events, asked as a person asks them: in a browser, of the real server. The answers are counted here, too, from the events that were sent. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Random } from "../scripts/traffic/random.ts";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { Nowcast, until } from "./nowcast.ts";
import { overhear, signIn } from "./sign-in.ts";

const VISITORS = 80;
const SECOND = 1_000;
/** The funnel's window: what comes later does not count. */
const WINDOW_MS = 60 * SECOND;
/** All windows are over by now, and sessions still take the events (ms). */
const YOUNGEST_MS = 120 * SECOND;
const PAGES = ["/pricing", "/", "/docs"] as const;
const CATEGORIES = ["shoes", "hats", "packs"] as const;
const COUNTRIES = ["DE", "FR", "NO"] as const;
/** A question takes milliseconds; a busy machine some more. */
const SOON = { timeout: 15_000, interval: 50 };

interface Sent {
	id: string;
	name: string;
	age: number;
	visitor_id: string;
	user_id: string;
	url: string;
	value?: number;
	props: Record<string, string>;
	context: { country: string; user_agent: string };
}

const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const of = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)] as T;

/** Some go the whole way, some leave, some are too late, some do it in another order. */
function visit(n: number, random: Random): Sent[] {
	const who = { visitor_id: `v${n}`, user_id: `person-${n}` };
	const context = { country: of(random, COUNTRIES), user_agent: USER_AGENT };
	const names = ["pageview", ...(random.chance(0.7) ? ["signup"] : []), ...(random.chance(0.6) ? ["purchase"] : [])];
	if (random.chance(0.2)) names.reverse();
	if (random.chance(0.3)) names.push("pageview");
	let age = YOUNGEST_MS + 200 * SECOND + random.below(200 * SECOND);
	return names.map((name, i) => {
		age -= SECOND + random.below(45 * SECOND);
		const url = `https://shop.example${of(random, PAGES)}`;
		const bought = name === "purchase" && { value: 10 + random.below(90) };
		return { id: `${n}-${i}`, name, age, ...who, url, ...bought, props: { category: of(random, CATEGORIES) }, context };
	});
}

const random = new Random(11);
const VISITS = Array.from({ length: VISITORS }, (_, n) => visit(n, random));
const EVENTS = VISITS.flat();

const isStep = [
	(event: Sent) => event.name === "pageview" && event.url.endsWith("/pricing"),
	(event: Sent) => event.name === "signup",
	(event: Sent) => event.name === "purchase",
];

/** How far somebody came: the best of all ways to choose one event a step, in order and within the window. */
function reached(events: readonly Sent[]): number {
	const further = (step: number, after: number, from: number): number =>
		events.reduce((best, event, i) => {
			const inTime = step === 0 || from - event.age <= WINDOW_MS;
			if (i <= after || !inTime || !isStep[step]?.(event)) return best;
			const next = step + 1 < isStep.length ? further(step + 1, i, step === 0 ? event.age : from) : 0;
			return Math.max(best, 1 + next);
		}, 0);
	return further(0, -1, 0);
}

const LEVELS = VISITS.map(reached);
const atLeast = (level: number) => LEVELS.filter((one) => one >= level).length;
const people = (events: readonly Sent[]) => new Set(events.map((event) => event.visitor_id)).size;

describe.skipIf(!browserAvailable())("questions over raw events", () => {
	let nowcast: Nowcast;
	let browser: Browser;
	let page: Page;
	let complaints: string[] = [];

	beforeAll(async () => {
		[nowcast, browser] = await Promise.all([Nowcast.start(), launchBrowser()]);
		await nowcast.send(EVENTS, "sk_demo", "explore");
		await until("the events' names", async () => {
			const response = await fetch(`${nowcast.url}/v1/metrics`, { headers: { authorization: "Bearer rk_demo" } });
			return (await response.text()).includes("purchase");
		});
		page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 } })).newPage();
		complaints = overhear(page);
		await page.goto(`${nowcast.url}/?page=funnels&range=24h`);
		await signIn(page, "ak_demo");
		await page.getByRole("heading", { name: "Funnels" }).waitFor();
	});
	afterAll(async () => {
		await browser?.close();
		await nowcast?.stop();
	});

	/** Adds `field is value` to a set of filters. */
	async function addFilter(filters: Locator, field: string, label: string, values: readonly string[]): Promise<void> {
		await filters.getByRole("button", { name: "Filter", exact: true }).click();
		const select = filters.getByLabel("Field", { exact: true });
		if (field.startsWith("props.")) {
			await select.selectOption({ label: "Another property or trait…" });
			await filters.getByLabel("Field: name of a property").fill(label);
			await page.keyboard.press("Enter");
		} else await select.selectOption(field);
		for (const value of values) {
			await filters.getByLabel(`Value of ${label}`, { exact: true }).fill(value);
			await page.keyboard.press("Enter");
		}
	}
	async function expectFunnel(): Promise<void> {
		for (const [i, label] of ["/pricing", "signup", "purchase"].entries()) {
			const said = `${atLeast(i + 1)} visitors reached step ${i + 1}, ${label}. Show them.`;
			await page.getByRole("button", { name: said }).waitFor();
		}
	}
	const tile = (label: string) =>
		page
			.locator(".tile", { has: page.getByText(label, { exact: true }) })
			.locator(".tile-value")
			.getAttribute("title");

	test("a funnel is built, and its numbers are those of the events that were sent", async () => {
		expect(atLeast(1)).toBeGreaterThan(atLeast(2));
		expect(atLeast(2)).toBeGreaterThan(atLeast(3));
		expect(atLeast(3)).toBeGreaterThan(0);
		await addFilter(page.getByRole("group", { name: "Filters of step 1" }), "path", "Page", ["/pricing"]);
		await page.getByLabel("Step 2", { exact: true }).selectOption("signup");
		await page.getByRole("button", { name: "Step", exact: true }).click();
		await page.getByLabel("Step 3", { exact: true }).selectOption("purchase");
		const within = page.getByRole("group", { name: "Within" });
		// An answer that arrives while somebody types takes nothing of it away.
		const answered = page.waitForResponse((response) => response.url().endsWith("/v1/query"));
		await page.route("**/v1/query", (route) => setTimeout(() => route.continue(), 300));
		await within.getByLabel("Unit").selectOption({ label: "minutes" });
		await within.getByLabel("How many").fill("1");
		await (await answered).finished();
		await page.unroute("**/v1/query");
		await page.getByRole("region", { name: "Answer" }).locator("[aria-busy=false]").waitFor();
		await page.keyboard.press("Enter");
		await expectFunnel();
	});

	test("it is saved under a name, and its address alone brings it back", async () => {
		await page.getByRole("button", { name: "Saved", exact: true }).click();
		await page.getByLabel("Name of the new funnel").fill("Pricing to purchase");
		await page.getByRole("button", { name: "Save", exact: true }).click();
		await page.getByText("/pricing → signup → purchase").waitFor();
		await page.getByRole("button", { name: "Close" }).click();
		await page.goto(page.url());
		await expectFunnel();
		await page.getByRole("button", { name: "Pricing to purchase" }).waitFor();

		await page.goto(`${nowcast.url}/?page=funnels&range=24h`);
		await page.getByRole("button", { name: /^Saved/ }).click();
		await page.getByRole("button", { name: /^Pricing to purchase/ }).click();
		await expectFunnel();
	});

	test("who dropped is one click away, and what each of them did another", async () => {
		const dropped = LEVELS.flatMap((level, n) => (level === 2 ? [`person-${n}`] : []));
		await page
			.getByRole("button", { name: `${dropped.length} dropped`, exact: true })
			.last()
			.click();
		await page.getByText("Those who dropped after step 2").waitFor();
		await page.getByText(`${dropped.length} visitor`).waitFor();
		const names = (await page.locator(".visitor-name").allTextContents()).map((text) => text.trim());
		expect(names.sort()).toEqual(dropped.sort());

		const somebody = LEVELS.indexOf(2);
		await page.getByRole("button", { name: `person-${somebody}`, exact: true }).click();
		const profile = page.getByRole("dialog", { name: `person-${somebody}` });
		await profile.locator(".event-name").first().waitFor();
		const newestFirst = [...(VISITS[somebody] ?? [])].sort((a, b) => a.age - b.age);
		expect(await profile.locator(".event-name").allTextContents()).toEqual(newestFirst.map((event) => event.name));
		await profile.getByRole("button", { name: "Close" }).click();
	});

	test("a figure narrowed by any property is the count of such events", async () => {
		await page.goto(`${nowcast.url}/?page=explore&range=24h`);
		await page.getByRole("combobox", { name: /^Show/ }).selectOption("count");
		await page.getByLabel("Event", { exact: true }).selectOption("purchase");
		const wanted = ["shoes", "hats"];
		const filters = page.getByRole("group", { name: "Filters of the question" });
		await addFilter(filters, "props.category", "category", wanted);
		const bought = EVENTS.filter(({ name, props }) => name === "purchase" && wanted.includes(props.category ?? ""));
		const total = page.locator(".groups td").first();
		await vi.waitFor(async () => expect(await total.textContent()).toBe(String(bought.length)), SOON);
		// The address has the whole question.
		await page.goto(page.url());
		await vi.waitFor(async () => expect(await total.textContent()).toBe(String(bought.length)), SOON);
	});

	test("on the Overview a click on a page filters everything, and the page says how it is kept up to date", async () => {
		await page.goto(`${nowcast.url}/?range=60m`);
		const pages = page.getByRole("region", { name: "Pages", exact: true });
		await pages.getByRole("button", { name: "/pricing" }).click();
		const there = EVENTS.filter((event) => event.url.endsWith("/pricing"));
		const views = there.filter((event) => event.name === "pageview");
		await vi.waitFor(async () => {
			expect(await tile("Visitors")).toBe(String(people(there)));
			expect(await tile("Views")).toBe(String(views.length));
		}, SOON);
		await page.getByText(/Updated every \d s/).waitFor();
		await page.getByText("whole site").waitFor();
		const countries = page.getByRole("region", { name: "Countries" });
		await vi.waitFor(async () => {
			const counts = await countries.locator(".row-value").allTextContents();
			expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(people(there));
		}, SOON);
	});

	test("a saved segment is found by the palette and narrows the Overview to its visitors", async () => {
		const segment = {
			name: "Buyers from Norway",
			filter: { and: [{ did: "purchase" }, { dim: "country", values: ["NO"] }] },
		};
		expect((await nowcast.post("/v1/segments", segment, "ak_demo")).status).toBe(201);
		await page.goto(`${nowcast.url}/?range=60m`);
		await page.getByRole("region", { name: "Pages", exact: true }).getByRole("button", { name: "/pricing" }).waitFor();
		await page.keyboard.press("/");
		await page.getByLabel("Filter by").fill("buyers");
		await page.getByRole("option", { name: /Buyers from Norway/ }).waitFor();
		await page.keyboard.press("Enter");
		const theirs = VISITS.filter((events) => events.some((event) => event.name === "purchase"))
			.flat()
			.filter((event) => event.context.country === "NO");
		await vi.waitFor(async () => expect(await tile("Visitors")).toBe(String(people(theirs))), SOON);
		expect(new URL(page.url()).searchParams.get("s")).toMatch(/^seg_/);
		await page.getByRole("group", { name: "Filters" }).getByText("Buyers from Norway").waitFor();
	});

	test("nothing complained", () => {
		expect(complaints).toEqual([]);
	});
});
