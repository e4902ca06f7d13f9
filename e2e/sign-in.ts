/** How a test gets in, and what it overhears. */
import type { Page } from "playwright-core";

/** By key, from the login screen. */
export async function signIn(page: Page, key: string): Promise<void> {
	await page.getByRole("button", { name: "Use a key instead" }).click();
	await page.getByLabel("Key").fill(key);
	await page.getByRole("button", { name: "Open dashboard" }).click();
}

/** By email and password, from the login screen. */
export async function signInAs(page: Page, email: string, password: string): Promise<void> {
	await page.getByLabel("Email").fill(email);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** What the page complains of from now on. That nobody is signed in is what the login screen asks, and no complaint. */
export function overhear(page: Page): string[] {
	const complaints: string[] = [];
	page.on("console", (message) => {
		const asked = message.location().url.endsWith("/v1/session") && message.text().includes("401");
		if (message.type() === "error" && !asked) complaints.push(message.text());
	});
	page.on("pageerror", (error) => complaints.push(String(error)));
	return complaints;
}
