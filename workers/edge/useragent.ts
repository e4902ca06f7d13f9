/** What a user agent string says of browser, system and device, and whether a program sent it. */
import Bowser from "bowser";
import { isbot } from "isbot";
import { Lru } from "./lru.ts";

export interface Agent {
	browser: string;
	/** Major version: a minor one is no dimension anyone breaks down by. */
	browser_version: string;
	os: string;
	/** desktop, mobile, tablet, tv; empty where unknown. */
	device: string;
	bot: boolean;
}

const UNKNOWN: Agent = { browser: "", browser_version: "", os: "", device: "", bot: false };
/** Real ones are under 300; the rest is an attack on the expressions that read it. */
const MAX_CHARS = 512;
/** Parsing takes ~100 µs; a busy isolate meets a few thousand distinct agents. */
const agents = new Lru<Agent>(2_000);

/** An automated browser says so in one of these; isbot has crawlers and HTTP libraries. */
const HEADLESS = /headless|phantomjs|slimerjs|puppeteer|playwright|selenium|webdriver|cypress|jsdom/i;

export function agentOf(userAgent: string): Agent {
	if (userAgent === "") return UNKNOWN;
	return agents.of(userAgent.length > MAX_CHARS ? userAgent.slice(0, MAX_CHARS) : userAgent, parse);
}

function parse(userAgent: string): Agent {
	const { browser, os, platform } = Bowser.parse(userAgent);
	return {
		browser: browser.name ?? "",
		browser_version: major(browser.version),
		os: os.name ?? "",
		device: platform.type === "bot" ? "" : (platform.type ?? ""),
		bot: isbot(userAgent) || HEADLESS.test(userAgent),
	};
}

const major = (version: string | undefined) => version?.split(".", 1)[0] ?? "";

/** Whether a browser's event is a program's: by its agent, by having none, or by a screen that no one can look at. */
export const isBot = (userAgent: string, agent: Agent, screen: string | undefined) =>
	userAgent === "" || agent.bot || screen === "0x0";
