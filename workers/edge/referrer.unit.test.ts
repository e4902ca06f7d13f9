import { describe, expect, it } from "vitest";
import { channelOf, sourceOf } from "./referrer.ts";
import { placeOf } from "./url.ts";

const HOST = "shop.example";
const none = () => false;
const from = (referrer: string) => sourceOf(referrer, HOST, none).referrer;
const channel = (referrer: string, url = `https://${HOST}/`) => channelOf(placeOf(url), from(referrer));

describe("a referrer", () => {
	it("is another site's", () => {
		expect(from("https://www.blog.example/post?id=1#c")).toBe("blog.example");
		expect(from("https://shop.example/cart")).toBe("");
		expect(from("https://www.shop.example/cart")).toBe("");
		expect(sourceOf("https://pay.example/", HOST, (host) => host === "pay.example").referrer).toBe("");
		for (const nothing of ["", "about:blank", "not a url", "data:text/html,x", "file:///home/me/x.html"]) {
			expect(from(nothing)).toBe("");
		}
	});

	it("keeps no query: a foreign one may hold what its visitor typed", () => {
		expect(sourceOf("https://mail.example/inbox?q=secret#x", HOST, none)).toEqual({
			referrer: "mail.example",
			referrer_url: "https://mail.example/inbox",
		});
	});
});

describe("a channel", () => {
	it.each([
		["direct", ""],
		["direct", "https://shop.example/other"],
		["search", "https://www.google.com/"],
		["search", "https://www.google.co.uk/"],
		["search", "https://search.brave.com/search?q=x"],
		["search", "https://duckduckgo.com/"],
		["search", "https://yandex.ru/"],
		["search", "android-app://com.google.android.googlequicksearchbox/"],
		["social", "https://l.facebook.com/"],
		["social", "https://t.co/abc"],
		["social", "https://news.ycombinator.com/item?id=1"],
		["social", "https://old.reddit.com/r/x"],
		["referral", "https://mail.google.com/"],
		["referral", "https://blog.example/"],
		["referral", "https://notgoogle.com/"],
		["referral", "https://google.evil.example/"],
		["referral", "https://netflix.com/"],
	])("is %s from %s", (expected, referrer) => {
		expect(channel(referrer)).toBe(expected);
	});

	it("is campaign where the link was tagged or paid for, whoever sent it", () => {
		expect(channel("https://www.google.com/", `https://${HOST}/?gclid=1`)).toBe("campaign");
		expect(channel("https://t.co/x", `https://${HOST}/?utm_source=x`)).toBe("campaign");
		expect(channel("", `https://${HOST}/?utm_medium=email`)).toBe("campaign");
		expect(channel("https://l.facebook.com/", `https://${HOST}/?fbclid=1`)).toBe("social");
	});
});
