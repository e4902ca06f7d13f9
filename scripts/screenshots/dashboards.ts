/** Pictures of every page of dashboards and people, of a server that has weeks of history: wide and narrow, light and dark. */
import type { Browser, Page } from "playwright-core";

/** Takes a picture under a name. */
export type Take = (page: Page, name: string, fullPage?: boolean) => Promise<void>;
export interface Look {
	screen: "wide" | "narrow";
	theme: "light" | "dark";
}
export const LOOKS: readonly Look[] = [
	{ screen: "wide", theme: "light" },
	{ screen: "wide", theme: "dark" },
	{ screen: "narrow", theme: "light" },
	{ screen: "narrow", theme: "dark" },
];
export type Open = (browser: Browser, url: string, look: Look) => Promise<Page>;

const TEMPLATES = ["web", "product", "revenue", "operations"] as const;
/** The templates ask for the last day; this server has weeks. */
const RANGE = "from=now-14d&to=now";
/** Panels need their answers, and charts a frame or two (ms). */
const DRAWN_MS = 30_000;

interface Made {
	uid: string;
	version: number;
}

async function call<T>(url: string, path: string, body: unknown): Promise<T> {
	const response = await fetch(`${url}${path}${path.includes("?") ? "&" : "?"}site=demo`, {
		method: "POST",
		headers: { authorization: "Bearer ak_demo", "content-type": "application/json" },
		body: JSON.stringify(body),
	});
	if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
	return (await response.json()) as T;
}

/** A team's things: a dashboard of each template, an annotation, people, keys, a shared link. */
async function furnish(url: string) {
	const made = new Map<string, Made>();
	for (const template of TEMPLATES) made.set(template, await call<Made>(url, "/v1/dashboards", { template }));
	const at = Date.now() - 3 * 86_400_000;
	await call(url, "/v1/annotations", { at, text: "Released 4.2: new checkout", tags: ["deploy"] });
	await call(url, "/v1/invitations", { email: "kim@shop.example", role: "editor" });
	await call(url, "/v1/keys", { scope: "edit", name: "Deployments" });
	const web = made.get("web")?.uid ?? "";
	const shared = await call<{ link: string }>(url, `/v1/dashboards/${web}/shares`, {
		name: "Board",
		choose_variables: true,
	});
	return { made, web, link: shared.link };
}

/** Every panel in sight has its answer, and nothing is a skeleton any more. */
async function drawn(page: Page): Promise<void> {
	await page.locator("[data-panel]").first().waitFor({ timeout: DRAWN_MS });
	await page.waitForFunction(
		() => {
			const all = [...document.querySelectorAll("[data-panel]")];
			const panels = all.filter((panel) => panel.getBoundingClientRect().top < innerHeight);
			return panels.every((panel) => panel.getAttribute("aria-busy") === "false" && !panel.querySelector(".skeleton"));
		},
		undefined,
		{ timeout: DRAWN_MS },
	);
	await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** Panels load when they come into sight: a picture of the whole page needs them all. */
async function tall(page: Page): Promise<void> {
	const { width } = page.viewportSize() ?? { width: 1440 };
	const height = await page.evaluate(() => document.documentElement.scrollHeight);
	await page.setViewportSize({ width, height: Math.min(6_000, Math.max(900, height)) });
}

async function signIn(page: Page): Promise<void> {
	await page.getByRole("button", { name: "Use the demo site" }).click();
	await page.locator(".top").waitFor();
}

/** Takes the pictures of one look; `name` says which. */
export async function dashboardPictures(browser: Browser, url: string, open: Open, take: Take): Promise<void> {
	const { made, web, link } = await furnish(url);
	for (const look of LOOKS) {
		const suffix = `${look.screen === "wide" ? "" : "-390"}-${look.theme}`;
		const page = await open(browser, url, look);
		await page.getByRole("button", { name: "Use the demo site" }).waitFor();
		await take(page, `login${suffix}`);
		await signIn(page);
		const at = async (path: string, ready: string, name: string) => {
			await page.goto(url + path);
			await page.locator(ready).first().waitFor({ timeout: DRAWN_MS });
			await page.waitForLoadState("networkidle");
			await take(page, `${name}${suffix}`, true);
		};
		const board = async (path: string, name: string) => {
			await page.goto(url + path);
			await page.locator("[data-panel]").first().waitFor({ timeout: DRAWN_MS });
			await tall(page);
			await drawn(page);
			await take(page, `${name}${suffix}`, true);
			await page.setViewportSize(look.screen === "wide" ? { width: 1440, height: 1000 } : { width: 390, height: 844 });
		};
		await at("/dashboards", "ul.dash-cards", "dashboards");
		for (const [template, { uid }] of made) await board(`/d/${uid}?${RANGE}`, `dashboard-${template}`);
		await board(`/d/${web}/edit?${RANGE}`, "editor");
		await page.goto(`${url}/d/${web}?${RANGE}&kiosk=1`);
		await drawn(page);
		await take(page, `kiosk${suffix}`);
		for (const tab of ["account", "members", "keys", "audit", "site"])
			await at(`/settings/${tab}`, "main h2", `settings-${tab}`);
		await board(link, "shared");
		await page.context().close();
	}
}
