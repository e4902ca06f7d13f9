import { describe, expect, it } from "vitest";
import { agentOf, isBot } from "./useragent.ts";

const AGENTS = {
	iphone:
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
	edge: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36 Edg/129.0.1.2",
	tablet:
		"Mozilla/5.0 (Linux; Android 10; SM-T510) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
	firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
	tv: "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/63.0.3239.84 TV Safari/537.36",
	headless:
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/129.0.0.0 Safari/537.36",
	google: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	curl: "curl/8.5.0",
	node: "node",
};
const bot = (userAgent: string, screen?: string) => isBot(userAgent, agentOf(userAgent), screen);

describe("a user agent", () => {
	it("says browser, major version, system and device", () => {
		expect(agentOf(AGENTS.iphone)).toEqual({
			browser: "Safari",
			browser_version: "17",
			os: "iOS",
			device: "mobile",
			bot: false,
		});
		expect(agentOf(AGENTS.edge)).toMatchObject({
			browser: "Microsoft Edge",
			browser_version: "129",
			os: "Windows",
			device: "desktop",
		});
		expect(agentOf(AGENTS.tablet)).toMatchObject({ os: "Android", device: "tablet" });
		expect(agentOf(AGENTS.firefox)).toMatchObject({ browser: "Firefox", os: "Linux", device: "desktop" });
		expect(agentOf(AGENTS.tv)).toMatchObject({ device: "tv" });
	});

	it("may be missing, strange or huge", () => {
		expect(agentOf("")).toMatchObject({ browser: "", device: "" });
		expect(agentOf("\u0000☃")).toMatchObject({ browser: "", device: "" });
		expect(agentOf(`Mozilla/5.0 ${"(".repeat(100_000)}`).device).toBe("");
	});

	it("gives programs away", () => {
		for (const agent of [AGENTS.headless, AGENTS.google, AGENTS.curl, AGENTS.node, "", "Mozilla/5.0 Playwright/1.2"]) {
			expect(bot(agent)).toBe(true);
		}
		for (const agent of [AGENTS.iphone, AGENTS.edge, AGENTS.tablet, AGENTS.firefox, AGENTS.tv]) {
			expect(bot(agent)).toBe(false);
		}
		expect(bot(AGENTS.edge, "0x0")).toBe(true);
		expect(bot(AGENTS.edge, "1920x1080")).toBe(false);
	});
});
