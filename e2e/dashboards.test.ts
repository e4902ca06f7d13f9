/// <reference lib="dom" />
/** A dashboard's life, in a real browser against the real server: built from nothing, saved, in conflict, restored, shared, embedded, and watched. */
import { createServer, type Server } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DashboardRecord } from "../schema/dashboard.ts";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { freePort, Nowcast, until } from "./nowcast.ts";
import { overhear } from "./sign-in.ts";

const COUNTRIES = ["DE", "FR", "NO"] as const;
const PER_COUNTRY = [30, 20, 10] as const;
const SOON = { timeout: 15_000 };

const EVENTS = COUNTRIES.flatMap((country, c) =>
	Array.from({ length: PER_COUNTRY[c] ?? 0 }, (_, n) => ({
		id: `${country}-${n}`,
		name: "pageview",
		age: n * 20_000,
		visitor_id: `${country}-${n % 7}`,
		url: `https://shop.example/page-${n % 4}`,
		context: { country, user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0" },
	})),
);

/** In the page: what of the table is in sight, how many rows are in part, and whether its total is. */
function tableInSight() {
	const table = document.querySelector(".kind-table");
	const total = table?.querySelector("tfoot td")?.getBoundingClientRect();
	const rows = [...(table?.querySelectorAll("tbody > tr") ?? [])];
	return {
		lines: rows.map(({ textContent }) => textContent.trim()),
		cut: rows.filter((row) => row.getBoundingClientRect().bottom > (total?.top ?? 0) + 1).length,
		total: table !== null && total !== undefined && total.bottom <= table.getBoundingClientRect().bottom + 1,
	};
}

// The steps follow one another: each begins where the one before ended.
describe.skipIf(!browserAvailable())("a dashboard", () => {
	let nowcast: Nowcast;
	let browser: Browser;
	let context: BrowserContext;
	let page: Page;
	let complaints: string[];
	let uid = "";
	let link = "";
	let embedLink = "";

	beforeAll(async () => {
		[nowcast, browser] = await Promise.all([Nowcast.start(), launchBrowser()]);
		await nowcast.send(EVENTS);
		await until("the events", async () => (await nowcast.total({ metric: "pageview" })) === EVENTS.length);
		context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
		context.setDefaultTimeout(10_000);
		page = await context.newPage();
		complaints = overhear(page);
		await page.goto(`${nowcast.url}/dashboards`);
		await page.getByRole("button", { name: "Use the demo site" }).click();
		await page.getByRole("heading", { name: "Dashboards" }).or(page.getByText("Blank")).first().waitFor(SOON);
	});
	afterAll(async () => {
		await browser?.close();
		await nowcast?.stop();
	});

	async function stored(): Promise<DashboardRecord> {
		const response = await fetch(`${nowcast.url}/v1/dashboards/${uid}?site=demo`, {
			headers: { authorization: "Bearer ak_demo" },
		});
		expect(response.status).toBe(200);
		return (await response.json()) as DashboardRecord;
	}
	async function save(where: Page, message: string): Promise<void> {
		await where.getByRole("button", { name: "Save…" }).click();
		const dialog = where.getByRole("dialog", { name: "Save" });
		await dialog.getByLabel("What changed and why, in a few words").fill(message);
		await dialog.getByRole("button", { name: "Save", exact: true }).click();
	}
	const panelOf = (where: Page, name: string) => where.locator("[data-panel]", { hasText: name }).first();
	/** The big number of a figure. */
	const figureOf = async (where: Page, name: string) =>
		Number(((await panelOf(where, name).locator(".stat-value").first().textContent()) ?? "").replace(/[^\d]/g, ""));

	const list = async () => {
		const response = await fetch(`${nowcast.url}/v1/dashboards?site=demo`, {
			headers: { authorization: "Bearer ak_demo" },
		});
		return ((await response.json()) as { dashboards: { uid: string }[] }).dashboards;
	};

	test("that nothing was put on is left without a question, and leaves nothing behind", async () => {
		let asked = 0;
		page.on("dialog", () => asked++);
		await page.getByRole("button", { name: /Blank/ }).click();
		await page.waitForURL(/\/dashboards\/new$/);
		await page.getByText("What should this dashboard show?").waitFor();
		await page.getByRole("button", { name: "Discard" }).click();
		await page.waitForURL(/\/dashboards$/);
		expect(asked).toBe(0);
		expect(await list()).toEqual([]);
	});

	test("is built from nothing: two panels, and one of them by country", async () => {
		await page.getByRole("button", { name: /Blank/ }).click();
		await page.getByText("What should this dashboard show?").waitFor();
		await page.keyboard.type("Shop"); // in the place of the title, which is chosen

		await addPanel("Figure", "Views");
		await addPanel("Bars", "By country", async (form) => {
			await form.getByLabel(/^A bar for each/).selectOption({ label: "Group" });
			await form.getByLabel(/^Split by/).selectOption({ label: "Country" });
		});

		expect(await list()).toEqual([]);
		await save(page, "First version");
		await page.waitForURL(/\/d\/[^/]+$/);
		uid = /\/d\/([^/]+)$/.exec(page.url())?.[1] ?? "";
		const { dashboard, version } = await stored();
		expect(version).toBe(1);
		expect(dashboard.title).toBe("Shop");
		expect(dashboard.panels.map(({ kind, title }) => [kind, title])).toEqual([
			["stat", "Views"],
			["bar", "By country"],
		]);
		await until("the figure", async () => (await figureOf(page, "Views")) === EVENTS.length);
	});

	async function addPanel(kind: string, title: string, more?: (form: ReturnType<Page["getByRole"]>) => Promise<void>) {
		if (!(await page.getByText("What should this dashboard show?").isVisible()))
			await page.getByRole("button", { name: "Add a panel" }).first().click();
		await page
			.getByRole("button", { name: new RegExp(`^${kind}`) })
			.first()
			.click();
		const form = page.getByRole("dialog", { name: /^Panel/ });
		await form.getByLabel("Title").fill(title);
		await form
			.getByRole("group", { name: "Query A" })
			.getByLabel(/^Event/)
			.selectOption("pageview");
		await form.getByRole("group", { name: "Query A" }).getByLabel(/^Show/).selectOption({ label: "Events" });
		await more?.(form);
		await form.getByRole("button", { name: "Done" }).click();
	}

	test("is moved by keyboard, undone and redone", async () => {
		await page.keyboard.press("e");
		await page.waitForURL(/\/edit/);
		const handle = page.getByRole("button", { name: "Move or resize Views" });
		await handle.focus();
		await page.keyboard.press("Enter");
		await page.keyboard.press("ArrowRight");
		await page.keyboard.press("Shift+ArrowDown");
		await page.keyboard.press("Enter");
		await page.getByRole("button", { name: "Undo" }).click();
		await page.getByRole("button", { name: "Redo" }).click();
		await save(page, "Moved");
		await page.waitForURL(new RegExp(`/d/${uid}(\\?|$)`));
		expect(await places()).toEqual([
			{ x: 12, y: 0, w: 6, h: 5 },
			{ x: 0, y: 0, w: 12, h: 8 },
		]);
	});

	const places = async () => (await stored()).dashboard.panels.map(({ grid }) => grid);

	test("is moved by its head, and changes places with the one it is carried onto", async () => {
		await page.getByTitle("Edit (e)").click();
		const head = page.getByRole("heading", { name: "Views" });
		const box = await head.boundingBox();
		if (!box) throw new Error("no head");
		const [x, y] = [box.x + 5, box.y + box.height / 2];
		await page.mouse.move(x, y);
		await page.mouse.down();
		await page.mouse.move(x - 200, y + 10, { steps: 4 });
		await page.mouse.move(x - 600, y, { steps: 4 });
		await page.mouse.up();
		await page.getByRole("button", { name: "Save…" }).click();
		await page.getByText("2 panels moved or resized").click();
		await page.getByText("Panel “By country”").waitFor();
		await page.getByRole("button", { name: "Not yet" }).click();
		await save(page, "Moved back");
		await page.waitForURL(new RegExp(`/d/${uid}(\\?|$)`));
		expect(await places()).toEqual([
			{ x: 0, y: 0, w: 6, h: 5 },
			{ x: 6, y: 0, w: 12, h: 8 },
		]);
	});

	test("two who save: the second sees what the first changed, and both stay", async () => {
		const other = await context.newPage();
		for (const each of [page, other]) {
			await each.goto(`${nowcast.url}/d/${uid}/edit`);
			await each.getByRole("button", { name: "Save…" }).waitFor(SOON);
		}
		await other.getByLabel("Title of the dashboard").fill("Shop of the others");
		await save(other, "Another name");
		await other.waitForURL(new RegExp(`/d/${uid}(\\?|$)`));
		await other.close();

		await page.getByRole("button", { name: "Edit Views" }).click();
		const form = page.getByRole("dialog", { name: /^Panel/ });
		await form.getByLabel("Title").fill("All views");
		await form.getByRole("button", { name: "Done" }).click();
		await save(page, "Mine");
		const merge = page.getByRole("dialog", { name: "Somebody saved in the meantime" });
		await merge.waitFor(SOON);
		expect(await merge.textContent()).toContain("Shop of the others");
		await merge.getByRole("button", { name: "Save both" }).click();
		await page.waitForURL(new RegExp(`/d/${uid}(\\?|$)`));
		const { dashboard, version } = await stored();
		expect(dashboard.title).toBe("Shop of the others");
		expect(dashboard.panels[0]?.title).toBe("All views");
		expect(version).toBe(5);
	});

	test("an older version is restored as a new one", async () => {
		await page.getByRole("button", { name: "More" }).click();
		await page
			.getByRole("menuitem", { name: "Versions" })
			.or(page.getByRole("button", { name: "Versions" }))
			.first()
			.click();
		await page.getByText("First version").click();
		await page.getByRole("button", { name: "Restore…" }).click();
		await page.getByRole("button", { name: "Make version 1 the newest" }).click();
		await until("the restored one", async () => (await stored()).version === 6);
		expect((await stored()).dashboard.title).toBe("Shop");
	});

	test("is shared: whoever has the link sees it, and sees it move", async () => {
		await page.goto(`${nowcast.url}/d/${uid}`);
		await page.getByTitle("Share", { exact: true }).click();
		await page.getByLabel("May stand in a frame on other pages").check();
		await page.getByRole("button", { name: "Make a link" }).click();
		link = await page.getByRole("textbox", { name: "Link", exact: true }).inputValue();
		const code = await page.getByRole("textbox", { name: "Code for a page" }).inputValue();
		embedLink = /src="([^"]+)"/.exec(code)?.[1] ?? "";
		expect(link).toContain("/share/");
		expect(embedLink).toContain("/embed/");

		const stranger = await browser.newContext({ viewport: { width: 390, height: 844 } });
		const theirs = await stranger.newPage();
		const complaint = overhear(theirs);
		await theirs.goto(link);
		await until("the figure", async () => (await figureOf(theirs, "Views")) === EVENTS.length);
		expect(await theirs.getByTitle("Edit (e)").count()).toBe(0);
		await nowcast.send([{ id: "moved", name: "pageview", age: 0, visitor_id: "new", url: "https://shop.example/" }]);
		await until("the new event", async () => (await figureOf(theirs, "Views")) === EVENTS.length + 1, 10_000);
		expect(complaint).toEqual([]);
		await stranger.close();
	});

	test("is embedded where the site lets it be, and nowhere else", async () => {
		const host = await serve(`<!doctype html><iframe src="${embedLink}" width="900" height="700"></iframe>`);
		const origin = `http://127.0.0.1:${(host.address() as { port: number }).port}`;
		const allow = async (origins: string[]) => {
			const headers = { authorization: "Bearer ak_demo", "content-type": "application/json" };
			const { site } = (await (await fetch(`${nowcast.url}/v1/sites/demo`, { headers })).json()) as {
				site: { version: number };
			};
			const body = JSON.stringify({ version: site.version, embed_origins: origins });
			expect((await fetch(`${nowcast.url}/v1/sites/demo`, { method: "PATCH", headers, body })).status).toBe(200);
		};
		try {
			const framed = await context.newPage();
			await framed.goto(origin);
			expect(await framed.frameLocator("iframe").locator("[data-panel]").count()).toBe(0);
			await allow([origin]);
			await until(
				"the frame",
				async () => {
					await framed.goto(origin);
					await framed.frameLocator("iframe").locator("[data-panel]").first().waitFor({ timeout: 3_000 });
					return true;
				},
				60_000,
			);
			await framed.close();
		} finally {
			await new Promise((resolve) => host.close(resolve));
		}
	});

	async function serve(html: string): Promise<Server> {
		const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
		const port = await freePort();
		await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
		return server;
	}

	test("a revoked link opens nothing", async () => {
		await page.goto(`${nowcast.url}/d/${uid}`);
		await page.getByTitle("Share", { exact: true }).click();
		await page.getByRole("button", { name: "Revoke" }).first().click();
		await page.getByRole("button", { name: /Revoke\?/ }).click();
		const stranger = await (await browser.newContext()).newPage();
		await until(
			"the refusal",
			async () => {
				await stranger.goto(link);
				await stranger.locator("main, .state, .splash").first().waitFor();
				return (
					(await stranger.locator("[data-panel]").count()) === 0 &&
					/revoked|expired|no longer/i.test((await stranger.textContent("body")) ?? "")
				);
			},
			60_000,
		);
		await stranger.context().close();
	});

	// The one that came second was told so by a 409, which the browser writes down.
	test("on a wall a table shows whole rows and its total, and says how many more there are", async () => {
		const pages = 20;
		const limit = 12;
		await nowcast.send(
			Array.from({ length: pages }, (_, n) => ({
				id: `row-${n}`,
				name: "row",
				age: 0,
				url: `https://shop.example/${n}`,
			})),
		);
		const table = {
			kind: "table",
			id: "t",
			title: "Pages",
			grid: { x: 0, y: 0, w: 12, h: 8 },
			queries: [{ ref: "A", metric: "row", groupBy: ["path"], limit }],
		};
		const dashboard = { title: "Wall", time: { from: "now-1h", to: "now" }, panels: [table] };
		const made = await nowcast.post("/v1/dashboards?site=demo", { dashboard }, "ak_demo");
		const wall = ((await made.json()) as DashboardRecord).uid;
		for (const [width, height] of [
			[1440, 900],
			[1440, 330],
			[390, 345],
			[3840, 450],
		] as const) {
			await page.setViewportSize({ width, height });
			await page.goto(`${nowcast.url}/d/${wall}?kiosk=1`);
			await page.locator(".kind-table tfoot").waitFor(SOON);
			const seen = await page.evaluate(tableInSight);
			const size = `${width} × ${height}`;
			expect(seen, size).toMatchObject({ cut: 0, total: true });
			// All others are a row, too.
			if (height === 900) expect(seen.lines, size).toHaveLength(limit + 1);
			else {
				const [, more] = /^and (\d+) more, and all others$/.exec(seen.lines.at(-1) ?? "") ?? [];
				expect(Number(more) + seen.lines.length, size).toBe(limit + 1);
			}
		}
	});

	test("no page complained", () => expect(complaints.filter((one) => !one.includes("409"))).toEqual([]));
});
