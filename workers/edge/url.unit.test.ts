import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePlace, placeOf } from "./url.ts";

const host = fc.oneof(
	fc.domain(),
	fc.constantFrom(
		"localhost",
		"127.0.0.1",
		"1.1",
		"a.0x7f",
		"xn--mnchen-3ya.de",
		"münchen.de",
		"EXAMPLE.com",
		"a..b",
		"-a.de",
		"a-.de",
		"[::1]",
	),
);
const path = fc.oneof(
	fc.webPath(),
	fc.constantFrom(
		"",
		"/",
		"/.",
		"/a/../b",
		"/a/%2e%2E/b",
		"/a b",
		"/é",
		"/a//b",
		"/.well-known/x",
		"/a;b=1",
		'/"<>`{}^|\\',
	),
	fc.string({ unit: "binary-ascii" }).map((s) => `/${s}`),
);
const query = fc.oneof(
	fc.constant(""),
	fc.webQueryParameters().map((q) => `?${q}`),
	fc.string({ unit: "binary-ascii" }).map((s) => `?${s}`),
);
const url = fc
	.tuple(
		fc.constantFrom("https://", "http://", "HTTPS://", "ftp://"),
		host,
		fc.constantFrom("", ":8080", ":443"),
		path,
		query,
		fc.constantFrom("", "#x", "#/cart/1", "#!cart", "#/cart?token=1#/x", "#x/y"),
	)
	.map((parts) => parts.join(""));

const routeOf = ({ hash }: URL) => (/^#[/!]/.test(hash) ? (hash.split("?")[0] ?? "") : "");

describe("a place", () => {
	it("is what the WHATWG parser says, however it was read", () => {
		fc.assert(
			fc.property(url, (u) => {
				const parsed = URL.parse(u);
				const place = parsePlace(u);
				expect([place.host, place.path]).toEqual(
					parsed ? [parsed.hostname, parsed.pathname + routeOf(parsed)] : ["", ""],
				);
				const search = (parsed?.search ?? "")
					.slice(1)
					.split("&")
					.filter((p) => p !== "");
				expect(place.search.split("&").filter((p) => p !== "")).toEqual(
					search.filter(
						(p) => !/^(utm_(source|medium|campaign|term|content)|\w+clid|[gw]braid|igshid|li_fat_id)(=|$)/i.test(p),
					),
				);
			}),
			{ numRuns: 3_000 },
		);
	});

	it("has campaign tags in columns, decoded, and not in the search", () => {
		expect(
			placeOf(
				"https://shop.example/p?q=1&utm_source=news+letter&utm_medium=e%2Dmail&utm_campaign=50%&UTM_TERM=a&utm_content=b&page=2#top",
			),
		).toEqual({
			host: "shop.example",
			path: "/p",
			search: "q=1&page=2",
			utm_source: "news letter",
			utm_medium: "e-mail",
			utm_campaign: "50%",
			utm_term: "a",
			utm_content: "b",
			paid: false,
		});
	});

	it("has the route of a page that is told by its fragment, and no other fragment", () => {
		expect(placeOf("https://shop.example/app#/cart/1?token=t")).toMatchObject({ path: "/app#/cart/1", search: "" });
		expect(placeOf("https://shop.example/?q=1#!cart")).toMatchObject({ path: "/#!cart", search: "q=1" });
		expect(placeOf("/app#/cart")).toMatchObject({ host: "", path: "/app#/cart" });
		expect(placeOf("https://shop.example/p#access_token=t")).toMatchObject({ path: "/p" });
	});

	it("keeps no click id, and knows which were paid for", () => {
		expect(placeOf("https://a.example/?gclid=abc&x=1")).toMatchObject({ search: "x=1", paid: true });
		expect(placeOf("https://a.example/?fbclid=abc")).toMatchObject({ search: "", paid: false });
	});

	it("may be a path only, an app's, or nothing", () => {
		expect(placeOf("/pricing?plan=pro")).toMatchObject({ host: "", path: "/pricing", search: "plan=pro" });
		expect(placeOf("app://home/cart")).toMatchObject({ host: "home", path: "/cart" });
		expect(placeOf("not a url")).toMatchObject({ host: "", path: "" });
		expect(placeOf("//other.example/x")).toMatchObject({ host: "other.example", path: "/x" });
		expect(placeOf(undefined)).toMatchObject({ host: "", path: "" });
	});
});
