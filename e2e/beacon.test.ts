/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type BeaconSize, BUDGET, buildBeacon } from "../web/beacon/build.ts";
import { STUB } from "../web/beacon/stub.ts";
import type { Nowcast } from "../web/beacon/types.ts";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { Collector } from "./collector.ts";

declare global {
	interface Window {
		nowcast: Nowcast;
	}
}

let outDir: string;
let size: BeaconSize;
beforeAll(async () => {
	outDir = await mkdtemp(join(tmpdir(), "beacon-"));
	size = await buildBeacon(outDir);
});
afterAll(() => rm(outDir, { recursive: true, force: true }));

test(`n.js is at most ${BUDGET} bytes of gzip -9`, () => {
	expect(size.gzip).toBeLessThanOrEqual(BUDGET);
	expect(size.gzip).toBeGreaterThan(1000);
});

describe.skipIf(!browserAvailable())("the beacon in a browser", () => {
	let browser: Browser;
	let context: BrowserContext;
	let page: Page;
	let collector: Collector;
	let origin: string;

	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());
	beforeEach(async () => {
		collector = new Collector();
		origin = await collector.listen();
		context = await browser.newContext();
		page = await context.newPage();
		const script = { type: "text/javascript", text: await readFile(join(outDir, "n.js"), "utf8") };
		collector.pages.set("/n.js", script);
		collector.pages.set("/assets/harmless.js", script);
		collector.pages.set("/beacon.mjs", { ...script, text: await readFile(join(outDir, "beacon.mjs"), "utf8") });
	});
	afterEach(async () => {
		await context.close();
		await collector.close();
	});

	/** Serves a page with the beacon. `attributes` are the script's; `before` runs before it. */
	function serve(attributes = "", { body = "", before = "", src = "/n.js" } = {}): void {
		const script = `<script defer src="${src}" data-site="pk_test" ${attributes}></script>`;
		const text = `<!doctype html><title>A page</title><script>${before}</script>${script}<body>${body}`;
		collector.pages.set("/", { type: "text/html", text });
	}
	const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 8000 });
	/** Sends everything, then one more event: what has not arrived before that one was never sent. */
	async function settle(): Promise<void> {
		await page.evaluate(async () => {
			window.nowcast.track("settled");
			await window.nowcast.flush();
		});
		await until(() => collector.named("settled").length > 0);
	}
	const views = () => collector.named("pageview").map((event) => new URL(event.url ?? "").pathname);

	test("the first event goes at once, as text/plain with the key in the query, and has an age but no clock", async () => {
		serve();
		await page.goto(`${origin}/a?utm_source=news&email=me%40example.com#part`);
		await until(() => collector.received.length === 1);
		const [request] = collector.received;
		expect(request).toMatchObject({ path: "/v1/events", key: "pk_test", contentType: "text/plain;charset=UTF-8" });
		const [event] = request?.events ?? [];
		expect(event).toMatchObject({ name: "pageview", title: "A page", url: `${origin}/a?utm_source=news`, props: {} });
		expect(event?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		expect(event?.visitor_id).toMatch(/^[0-9a-f]{32}$/);
		expect(event?.age).toBeGreaterThanOrEqual(0);
		expect(event?.age).toBeLessThan(1000);
		expect(event?.ts).toBeUndefined();
	});

	test("then batches leave after a second, or at 20 events", async () => {
		serve();
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		await page.evaluate(() => window.nowcast.track("one"));
		await page.evaluate(() => window.nowcast.track("two"));
		await until(() => collector.received.length === 2);
		const [first, second] = collector.received;
		expect(second?.events.map((event) => event.name)).toEqual(["one", "two"]);
		expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900);
		await page.evaluate(() => {
			for (let n = 0; n < 45; n++) window.nowcast.track("many", { n });
		});
		await until(() => collector.named("many").length === 45);
		expect(collector.received.map((request) => request.events.length)).toEqual([1, 2, 20, 20, 5]);
		expect(collector.named("many").map((event) => event.props.n)).toEqual([...Array(45).keys()]);
	});

	test("I2: after a 503 the same ids come again, no earlier than Retry-After", async () => {
		serve();
		collector.answers.push({ status: 503, headers: { "retry-after": "1" } });
		await page.goto(origin);
		await until(() => collector.received.length === 2);
		const [first, second] = collector.received;
		expect(second?.events.map((event) => event.id)).toEqual(first?.events.map((event) => event.id));
		expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
		expect(second?.events[0]?.age).toBeGreaterThan(first?.events[0]?.age ?? 0);
	});

	test("a refused batch (4xx) is never sent again", async () => {
		serve();
		collector.answers.push({ status: 403, body: { title: "not this origin" } });
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		await settle();
		expect(collector.named("pageview")).toHaveLength(1);
	});

	test("offline: events wait, and go when the network is back, each once and with its age", async () => {
		serve();
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		await context.setOffline(true);
		await page.evaluate(() => window.nowcast.track("in_the_tunnel"));
		await page.waitForTimeout(1500);
		expect(collector.named("in_the_tunnel")).toHaveLength(0);
		await context.setOffline(false);
		await until(() => collector.named("in_the_tunnel").length === 1);
		expect(collector.named("in_the_tunnel")[0]?.age).toBeGreaterThan(1400);
		await settle();
		expect(collector.named("in_the_tunnel")).toHaveLength(1);
	});

	test("I2: what was not acknowledged survives a reload, with its id and age, and is in the queue once", async () => {
		serve();
		// No beacon gets out, so that only the ring can bring these events back.
		await page.addInitScript(() => Object.defineProperty(navigator, "sendBeacon", { value: () => false }));
		collector.answers.push({ status: 503, headers: { "retry-after": "600" } });
		await page.goto(`${origin}/one`);
		await until(() => collector.received.length === 1);
		await page.evaluate(() => window.nowcast.track("waiting"));
		await page.waitForTimeout(400);
		await page.goto(`${origin}/two`);
		await until(() => collector.received.length === 2);
		const [first, second] = collector.received;
		expect(second?.events.map((event) => event.name)).toEqual(["pageview", "waiting", "pageview"]);
		expect(second?.events[0]?.id).toBe(first?.events[0]?.id);
		expect(second?.events[0]?.url).toBe(`${origin}/one`);
		expect(second?.events[1]?.age).toBeGreaterThan(390);
		expect(new Set(second?.events.map((event) => event.id)).size).toBe(3);
		await vi.waitFor(async () => {
			expect(await page.evaluate(() => localStorage.getItem("nowcast.pk_test.queue"))).toBeNull();
		});
	});

	test("leaving the page sends what waits by sendBeacon", async () => {
		serve();
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		await page.evaluate(() => window.nowcast.track("last_words"));
		await page.goto("about:blank");
		await until(() => collector.named("last_words").length === 1);
	});

	test("a hidden page sends what waits, once, though pagehide follows", async () => {
		serve("data-cookieless");
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		await page.evaluate(() => {
			window.nowcast.track("hidden");
			Object.defineProperty(document, "hidden", { value: true });
			document.dispatchEvent(new Event("visibilitychange"));
			window.dispatchEvent(new Event("pagehide"));
		});
		await until(() => collector.named("hidden").length === 1);
		await settle();
		expect(collector.named("hidden")).toHaveLength(1);
	});

	test("single-page navigation: a view for each new path and kept search, none for the rest", async () => {
		serve('data-allow-search="q"');
		await page.goto(`${origin}/a`);
		await page.evaluate(() => {
			history.pushState(null, "", "/b");
			history.pushState(null, "", "/b");
			history.replaceState(null, "", "/b?session=1#top");
			history.replaceState(null, "", "/b?q=shoes");
			history.pushState(null, "", "/c");
		});
		await page.goBack();
		await until(() => views().length === 5);
		await settle();
		expect(views()).toEqual(["/a", "/b", "/b", "/c", "/b"]);
		expect(collector.named("pageview")[2]?.url).toBe(`${origin}/b?q=shoes`);
		expect(collector.named("pageview")[1]?.referrer).toBe(`${origin}/a`);
	});

	test("data-hash makes the fragment part of the page, data-exclude-hash takes it back", async () => {
		serve("data-hash");
		await page.goto(`${origin}/#/one`);
		await page.evaluate(() => {
			location.hash = "#/two";
		});
		await until(() => collector.named("pageview").length === 2);
		expect(collector.named("pageview").map((event) => event.url)).toEqual([`${origin}/#/one`, `${origin}/#/two`]);
		// What is not acknowledged yet goes once more when the page is left.
		await settle();
		serve("data-hash data-exclude-hash");
		collector.received.length = 0;
		await page.goto(`${origin}/x#/one`);
		await page.evaluate(() => {
			location.hash = "#/two";
		});
		await settle();
		expect(views()).toEqual(["/x"]);
	});

	test("data-exclude-search drops utm too", async () => {
		serve("data-exclude-search");
		await page.goto(`${origin}/a?utm_source=news`);
		await until(() => collector.received.length === 1);
		expect(collector.events[0]?.url).toBe(`${origin}/a`);
	});

	test("marked elements, clicks, forms, errors and outbound links", async () => {
		serve('data-auto="pageviews clicks forms errors outbound" data-tag="spring"', {
			body: `<button id="plain">Plain <b>button</b></button>
				<button id="marked" data-nc-event="signup_click" data-nc-plan="pro" data-nc-item-name="Big" data-nc-value="9.5">x</button>
				<a id="out" href="https://example.org/there?secret=1" onclick="event.preventDefault()">Out</a>
				<form id="news" onsubmit="event.preventDefault()"><input name="id" value="private"><button id="send">Send</button></form>
				<form data-nc-event="checkout" onsubmit="event.preventDefault()"><input id="field"><button id="pay">Pay</button></form>
				<img src="/missing.png">`,
		});
		collector.pages.set("/missing.png", { type: "text/plain", text: "" });
		await page.goto(origin);
		await page.click("#plain b");
		await page.click("#marked");
		await page.click("#out");
		await page.click("#send");
		await page.click("#field");
		await page.click("#pay");
		await page.evaluate(() => {
			setTimeout(() => {
				throw new Error("broken");
			});
			void Promise.reject(new Error("refused"));
		});
		await until(() => collector.named("error").length === 2);
		await settle();
		const [marked] = collector.named("signup_click");
		expect(marked).toMatchObject({ value: 9.5, props: { plan: "pro", item_name: "Big", tag: "spring" } });
		expect(collector.named("click").map((event) => event.props.text)).toEqual(["Plain button", "Send", "Pay"]);
		expect(collector.named("outbound").map((event) => event.props.url)).toEqual(["https://example.org/there"]);
		expect(collector.named("form_submit").map((event) => event.props.form)).toEqual(["news"]);
		expect(collector.named("checkout")).toHaveLength(1);
		expect(collector.named("error").map((event) => event.interactive)).toEqual([false, false]);
		expect(collector.named("error").map((event) => event.props.message)).toEqual(
			expect.arrayContaining([expect.stringContaining("broken"), expect.stringContaining("refused")]),
		);
		expect(JSON.stringify(collector.events)).not.toContain("private");
	});

	test("by default only views are watched, and marked elements", async () => {
		serve("", { body: '<button id="b">b</button><button id="m" data-nc-event="marked">m</button>' });
		await page.goto(origin);
		await page.click("#b");
		await page.click("#m");
		await settle();
		expect(collector.events.map((event) => event.name)).toEqual(["pageview", "marked", "settled"]);
	});

	test("the stub takes calls before the script is there", async () => {
		serve("", { before: `${STUB};nowcast.register({ plan: "pro" });nowcast.track("early", { n: 1 });` });
		await page.goto(origin);
		await settle();
		expect(collector.named("early")).toMatchObject([{ props: { n: 1, plan: "pro" } }]);
		expect(collector.named("pageview")).toMatchObject([{ props: { plan: "pro" } }]);
	});

	test("beforeSend changes and drops events; value, currency and interactive are the event's own", async () => {
		serve("", { before: `${STUB};nowcast.beforeSend((e) => e.name === "secret" ? null : { ...e, title: "hidden" });` });
		await page.goto(origin);
		await page.evaluate(() => {
			window.nowcast.track("secret");
			window.nowcast.track("purchase", { value: 59.9, currency: "EUR", plan: "pro", list: [1, 2] });
			window.nowcast.track("tick", undefined, { interactive: false });
		});
		await settle();
		expect(collector.named("secret")).toHaveLength(0);
		expect(collector.named("pageview")[0]?.title).toBe("hidden");
		expect(collector.named("purchase")).toMatchObject([
			{ value: 59.9, currency: "EUR", props: { plan: "pro", list: "[1,2]" } },
		]);
		expect(collector.named("tick")).toMatchObject([{ interactive: false, props: {} }]);
	});

	test("identify, group, register and reset", async () => {
		serve();
		await page.goto(origin);
		await page.evaluate(() => {
			window.nowcast.identify("u1", { plan: "pro" });
			window.nowcast.group("acme");
			window.nowcast.track("known");
			window.nowcast.reset();
			window.nowcast.track("stranger");
		});
		await settle();
		const [identified] = collector.named("identify");
		expect(identified).toMatchObject({ user_id: "u1", interactive: false, props: { plan: "pro" } });
		const [known] = collector.named("known");
		expect(known).toMatchObject({ user_id: "u1", visitor_id: identified?.visitor_id, props: { group: "acme" } });
		const [stranger] = collector.named("stranger");
		expect(stranger?.user_id).toBeUndefined();
		expect(stranger?.props).toEqual({});
		expect(stranger?.visitor_id).not.toBe(known?.visitor_id);
	});

	test("the visitor id is kept from page to page", async () => {
		serve();
		await page.goto(`${origin}/a`);
		await until(() => collector.received.length === 1);
		await page.goto(`${origin}/b`);
		await until(() => views().includes("/b"));
		expect(new Set(collector.events.map((event) => event.visitor_id)).size).toBe(1);
		expect(await context.cookies()).toEqual([]);
	});

	test("opting out stops the beacon, deletes what was stored, holds over reloads, and can be taken back", async () => {
		serve();
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		await page.evaluate(() => {
			window.nowcast.track("dropped");
			window.nowcast.optOut();
		});
		await page.reload();
		const [out, keys] = await page.evaluate(() => {
			window.nowcast.track("never");
			return [window.nowcast.hasOptedOut(), Object.keys(localStorage)] as const;
		});
		expect(out).toBe(true);
		expect(keys).toEqual(["nowcast.optout"]);
		await page.evaluate(() => window.nowcast.optIn());
		await settle();
		expect(collector.events.map((event) => event.name)).toEqual(["pageview", "settled"]);
		expect(collector.named("settled")[0]?.visitor_id).not.toBe(collector.events[0]?.visitor_id);
	});

	test("consent: pending holds everything, granted releases it with a visitor id, denied deletes", async () => {
		serve("", { before: `${STUB};nowcast.setConsent("pending");` });
		await page.goto(origin);
		const stored = () => page.evaluate(() => Object.keys(localStorage));
		await page.waitForTimeout(300);
		expect(await stored()).toEqual([]);
		expect(collector.received).toHaveLength(0);
		await page.evaluate(() => window.nowcast.setConsent("granted"));
		await until(() => collector.received.length === 1);
		expect(collector.events[0]?.visitor_id).toMatch(/^[0-9a-f]{32}$/);
		await page.evaluate(() => window.nowcast.setConsent("denied"));
		expect(await stored()).toEqual([]);
		await settle();
		expect(collector.named("settled")[0]?.visitor_id).toBeUndefined();
	});

	for (const [wish, script] of [
		["Do Not Track", 'Object.defineProperty(navigator, "doNotTrack", { value: "1" })'],
		["Global Privacy Control", 'Object.defineProperty(navigator, "globalPrivacyControl", { value: true })'],
	] as const) {
		test(`data-dnt honours ${wish}; without it the beacon does not ask`, async () => {
			await page.addInitScript(script);
			serve("data-dnt");
			await page.goto(`${origin}/quiet`);
			await page.evaluate(() => window.nowcast.track("never"));
			expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
			serve();
			await page.goto(`${origin}/loud`);
			await until(() => collector.received.length === 1);
			expect(views()).toEqual(["/loud"]);
		});
	}

	test("data-domains: elsewhere the beacon is silent", async () => {
		serve('data-domains="example.com, www.example.com"');
		await page.goto(`${origin}/quiet`);
		await page.evaluate(() => window.nowcast.track("never"));
		serve('data-domains="example.com,127.0.0.1"');
		await page.goto(`${origin}/loud`);
		await until(() => collector.received.length === 1);
		expect(collector.events.map((event) => event.name)).toEqual(["pageview"]);
		expect(views()).toEqual(["/loud"]);
	});

	test("cookieless leaves no cookie, no storage and no visitor id, and repeats the slot it was told", async () => {
		collector.slot = 1234;
		serve("data-cookieless");
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		collector.answers.push({ status: 503 });
		await page.evaluate(() => {
			window.nowcast.register({ plan: "pro" });
			window.nowcast.track("more");
		});
		await until(() => collector.received.length === 3);
		expect(collector.received.map((request) => request.slot)).toEqual([undefined, 1234, 1234]);
		expect(collector.events.every((event) => event.visitor_id === undefined)).toBe(true);
		expect(collector.received.every((request) => request.cookie === undefined)).toBe(true);
		const state = await page.evaluate(async () => [
			document.cookie,
			localStorage.length,
			sessionStorage.length,
			(await indexedDB.databases()).length,
			(await caches.keys()).length,
		]);
		expect(state).toEqual(["", 0, 0, 0, 0]);
		expect(await context.cookies()).toEqual([]);
	});

	test("script and endpoint can be renamed", async () => {
		serve('data-path="/assets/collect"', { src: "/assets/harmless.js" });
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		expect(collector.received[0]).toMatchObject({ path: "/assets/collect", key: "pk_test" });
	});

	test("the script's origin is the default host, data-host another", async () => {
		const other = new Collector();
		const elsewhere = await other.listen();
		serve(`data-host="${elsewhere}/"`);
		await page.goto(origin);
		await until(() => other.received.length === 1);
		expect(other.received[0]?.path).toBe("/v1/events");
		expect(collector.received).toHaveLength(0);
		await other.close();
	});

	test("the module: init, then the same API; calls before init wait", async () => {
		const text = `<!doctype html><title>Module</title><script type="module">
			import { init, nowcast, track } from "/beacon.mjs";
			window.nowcast = nowcast;
			track("early");
			init("pk_module", { auto: ["clicks"], tag: "esm" });
		</script>`;
		collector.pages.set("/", { type: "text/html", text });
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		expect(collector.received[0]?.key).toBe("pk_module");
		expect(collector.events).toMatchObject([{ name: "early", props: { tag: "esm" } }]);
	});

	test("the ring is bounded: of 300 events that wait the newest 200 are kept", async () => {
		serve("", { before: `${STUB};nowcast.setConsent("granted");` });
		await page.goto(origin);
		await until(() => collector.received.length === 1);
		const kept = await page.evaluate(() => {
			for (let n = 0; n < 300; n++) window.nowcast.track("many", { n });
			const ring: { e: { props: { n: number } } }[] = JSON.parse(localStorage.getItem("nowcast.pk_test.queue") ?? "[]");
			return [ring.length, ring[0]?.e.props.n, ring.at(-1)?.e.props.n];
		});
		expect(kept).toEqual([200, 100, 299]);
	});
});
