/** People and places: signing in, invitations, roles, keys, the site's settings, and the way between sites. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { Nowcast } from "./nowcast.ts";
import { overhear, signIn, signInAs } from "./sign-in.ts";

const PASSWORD = "a long enough sentence";

describe.skipIf(!browserAvailable())("people", () => {
	let nowcast: Nowcast;
	let browser: Browser;
	let admin: Page;
	let complaints: string[] = [];
	/** Ada's browser: she is invited. */
	let ada: BrowserContext;

	beforeAll(async () => {
		[nowcast, browser] = await Promise.all([Nowcast.start(), launchBrowser()]);
		await nowcast.send([{ name: "pageview", url: "https://shop.example/", visitor_id: "v1" }]);
	});
	afterAll(async () => {
		await browser?.close();
		await nowcast?.stop();
	});

	const you = (page: Page) => page.getByRole("button", { name: /^You: / });
	async function menu(page: Page, item: string): Promise<void> {
		await you(page).click();
		await page.getByRole("dialog", { name: "You" }).getByText(item, { exact: true }).click();
	}

	test("a wrong password is told in words, and the demo lets in where one wanted to go", async () => {
		admin = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
		await admin.goto(`${nowcast.url}/settings/members`);
		await signInAs(admin, "nobody@example.com", PASSWORD);
		await admin.getByText("No account has this email and password.").waitFor();
		complaints = overhear(admin);
		await admin.getByRole("button", { name: "Use the demo site" }).click();
		await admin.getByRole("heading", { name: "Members" }).waitFor();
		await admin.getByText("demo@nowcast.invalid").waitFor();
	});

	test("a session outlives a reload, without the login in between", async () => {
		await admin.reload();
		await admin.getByRole("heading", { name: "Members" }).waitFor();
	});

	test("an invitation's link makes a viewer, who sees and may not change", async () => {
		await admin.getByLabel("Email").fill("ada@example.com");
		await admin.getByRole("button", { name: "Invite", exact: true }).click();
		const link = await admin.locator(".set-once code").textContent();
		expect(link).toContain(`${nowcast.url}/invite#`);

		ada = await browser.newContext({ viewport: { width: 390, height: 844 } });
		const page = await ada.newPage();
		await page.goto(link ?? "");
		await page.getByLabel("Your name").fill("Ada Lovelace");
		await page.getByLabel("Password").fill("short");
		await page.getByRole("button", { name: "Accept and sign in" }).click();
		await page.getByText("at least 10 characters", { exact: false }).first().waitFor();
		await page.getByLabel("Password").fill(PASSWORD);
		await page.getByRole("button", { name: "Accept and sign in" }).click();
		await you(page).waitFor();
		expect(new URL(page.url()).hash).toBe("");

		await page.goto(`${nowcast.url}/settings/keys`);
		await page.getByText("You are a viewer of Demo shop.", { exact: false }).waitFor();
		expect(await page.getByRole("navigation", { name: "Settings" }).getByRole("link").allTextContents()).toEqual([
			"Account",
		]);
		await page.close();
	});

	test("the link works once", async () => {
		const link = await admin.locator(".set-once code").textContent();
		const page = await (await browser.newContext()).newPage();
		await page.goto(link ?? "");
		await page.getByLabel("Your name").fill("Eve");
		await page.getByLabel("Password").fill(PASSWORD);
		await page.getByRole("button", { name: "Accept and sign in" }).click();
		await page.getByText("Ask for another one.", { exact: false }).waitFor();
		await page.context().close();
	});

	test("a role is changed, and holds at the next load", async () => {
		await admin.reload();
		await admin.getByLabel("Role of Ada Lovelace").selectOption("admin");
		await admin.getByText("Ada Lovelace is now an admin.").waitFor();
		const page = await ada.newPage();
		await page.goto(`${nowcast.url}/settings/keys`);
		await page.getByRole("heading", { name: "Create a key" }).waitFor();
		await page.close();
	});

	test("a key is shown once, opens the site, and is revoked", async () => {
		await admin.getByRole("link", { name: "Keys", exact: true }).click();
		await admin.getByRole("row", { name: /rk_demo Read built in, works on this machine only/ }).waitFor();
		await admin.getByRole("radio", { name: /^Edit/ }).check();
		await admin.getByLabel("Name").fill("night script");
		await admin.getByRole("button", { name: "Create key" }).click();
		const key = (await admin.locator(".set-once code").textContent()) ?? "";
		expect(key).toMatch(/^ek_/);

		const context = await browser.newContext();
		const page = await context.newPage();
		await page.goto(nowcast.url);
		await signIn(page, key);
		await you(page).click();
		await page.getByText("Edit key").waitFor();
		await context.close();

		await admin.getByRole("button", { name: "Revoke night script" }).click();
		await admin.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
		await admin
			.getByRole("row", { name: /night script/ })
			.getByText("revoked", { exact: false })
			.waitFor();
	});

	test("two admins change the site: the second is told, and saves on top", async () => {
		await admin.getByRole("link", { name: "Site", exact: true }).click();
		const page = await ada.newPage();
		await page.goto(`${nowcast.url}/settings/site`);
		await page.getByLabel("Quota, events a second").fill("5000");
		await admin.getByLabel("Name").fill("Demo store");
		await admin.getByRole("button", { name: "Save changes" }).click();
		await admin.getByText("Saved.", { exact: false }).waitFor();
		await admin.getByRole("heading", { name: "Demo store", level: 1 }).waitFor();

		await page.getByRole("button", { name: "Save changes" }).click();
		await page.getByText("Somebody else changed these settings", { exact: false }).waitFor();
		await page.getByRole("button", { name: "Save my change on top" }).click();
		await page.getByText("Saved.", { exact: false }).waitFor();
		expect(await page.getByLabel("Name").inputValue()).toBe("Demo store");
		expect(await page.getByLabel("Quota, events a second").inputValue()).toBe("5000");
		await page.close();
	});

	test("the log has it all, and is filtered by words", async () => {
		await admin.getByRole("link", { name: "Audit log" }).click();
		await admin.getByText("changed a site's settings").first().waitFor();
		await admin.getByRole("row", { name: /revoked a key night script, edit/ }).waitFor();
		await admin.getByLabel("Filter the log").fill("ada@example.com");
		await expect.poll(() => admin.getByRole("row").count()).toBeGreaterThan(1);
		expect(await admin.getByText("changed a site's settings").count()).toBe(0);
	});

	test("a second site is a choice in the header, and keeps the place", async () => {
		const made = await nowcast.post("/v1/sites", { name: "Second shop", zone: "Asia/Kathmandu" }, "ak_demo");
		expect(made.status).toBe(201);
		await admin.goto(`${nowcast.url}/?page=funnels`);
		await admin.getByRole("heading", { name: "Funnels" }).waitFor();
		await admin.getByRole("button", { name: "Demo store" }).click();
		await admin.getByRole("button", { name: "Second shop" }).click();
		await admin.getByText("Connect Second shop").waitFor();
		expect(new URL(admin.url()).searchParams.get("page")).toBe("funnels");
		await menu(admin, "Settings");
		await admin.getByRole("link", { name: "Site", exact: true }).click();
		await admin.getByText("Asia/Kathmandu").waitFor();
	});

	test("a link names its site: it opens there, also in a browser that looked at another one", async () => {
		const { searchParams } = new URL(admin.url());
		const second = searchParams.get("site") ?? "";
		expect(second).toMatch(/^s_/);
		await admin.goto(`${nowcast.url}/?site=demo`);
		await admin.getByRole("button", { name: "Demo store" }).waitFor();
		const page = await ada.newPage();
		await page.goto(`${nowcast.url}/settings/site?site=${second}`);
		await page.getByText("Asia/Kathmandu").waitFor();
		const aside = ada.waitForEvent("page");
		await page.getByRole("link", { name: "Site", exact: true }).click({ modifiers: ["ControlOrMeta"] });
		const tab = await aside;
		await tab.getByText("Asia/Kathmandu").waitFor();
		expect(new URL(tab.url()).searchParams.get("site")).toBe(second);
		await tab.close();
		await page.goto(`${nowcast.url}/dashboards?site=demo`);
		await page.getByRole("button", { name: "Demo store" }).waitFor();
		await page.goBack();
		await page.getByText("Asia/Kathmandu").waitFor();
		expect(new URL(page.url()).searchParams.get("site")).toBe(second);
		await page.close();
	});

	test("going back goes to the site that was looked at then", async () => {
		await admin.getByRole("button", { name: "Demo store" }).click();
		await admin.getByRole("button", { name: "Second shop" }).click();
		await admin.getByText("Connect Second shop").waitFor();
		await menu(admin, "Settings");
		await admin.getByRole("button", { name: "Second shop" }).click();
		await admin.getByRole("button", { name: "Demo store" }).click();
		await admin.getByRole("heading", { name: "Demo store", level: 1 }).waitFor();
		await admin.goBack();
		await admin.getByText("Connect Second shop").waitFor();
	});

	test("a link of a site that is not one's own is told as that, and one's own is a click away", async () => {
		await admin.goto(`${nowcast.url}/?range=7d&site=s_elsewhere`);
		await admin.getByText("This link is of a site that you cannot see").waitFor();
		await admin.getByRole("button", { name: /^Open / }).click();
		await admin.getByRole("button", { name: /^(Demo store|Second shop)$/ }).waitFor();
		expect(new URL(admin.url()).searchParams.get("site")).not.toBe("s_elsewhere");
	});

	test("a root key, which has no site of its own, opens the app on one and chooses among all", async () => {
		const made = await nowcast.post("/v1/keys", { scope: "admin", root: true }, "ak_demo");
		const { key } = (await made.json()) as { key: string };
		const context = await browser.newContext();
		const page = await context.newPage();
		await page.goto(nowcast.url);
		await signIn(page, key);
		await page.getByRole("button", { name: "Demo store" }).click();
		await page.getByRole("button", { name: "Second shop" }).click();
		await page.getByText("Connect Second shop").waitFor();
		expect(new URL(page.url()).searchParams.get("site")).toMatch(/^s_/);
		await page.reload();
		await page.getByText("Connect Second shop").waitFor();
		await menu(page, "Settings");
		await page.getByRole("link", { name: "Site", exact: true }).click();
		await page.getByText("Asia/Kathmandu").waitFor();
		await context.close();
	});

	test("who signs out is asked who they are", async () => {
		expect(complaints.filter((text) => !text.includes("409"))).toEqual([]);
		await menu(admin, "Sign out");
		await admin.getByRole("button", { name: "Sign in", exact: true }).waitFor();
		await admin.reload();
		await admin.getByRole("button", { name: "Sign in", exact: true }).waitFor();
	});

	test("a session that is ended elsewhere leads back to the login", async () => {
		const [one, other] = [await ada.newPage(), await ada.newPage()];
		for (const page of [one, other]) await page.goto(`${nowcast.url}/settings/account`);
		await one.getByRole("button", { name: "Sign out everywhere" }).click();
		await one.getByRole("button", { name: "Sign in", exact: true }).waitFor();
		await other.getByLabel("Name").fill("Ada L.");
		await other.getByRole("button", { name: "Save name" }).click();
		await other.getByRole("button", { name: "Sign in", exact: true }).waitFor();
		await signInAs(other, "ada@example.com", PASSWORD);
		await other.getByRole("heading", { name: "Profile" }).waitFor();
		await ada.close();
	});
});
