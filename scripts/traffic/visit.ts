import type { WireEvent } from "../../schema/event.ts";
import { CATALOG } from "../../web/shop/catalog.ts";
import type { Person } from "./people.ts";
import { type Random, type Weighted, zipf } from "./random.ts";

/** Where a visit comes from: referrer, and the campaign in its first address. */
const SOURCES: Weighted<{ referrer?: string; query?: string }>[] = [
	[{}, 30],
	[{ referrer: "https://www.google.com/" }, 32],
	[{ referrer: "https://duckduckgo.com/" }, 4],
	[{ referrer: "https://www.bing.com/" }, 4],
	[{ referrer: "https://www.instagram.com/", query: "?utm_source=instagram&utm_medium=social&utm_campaign=autumn" }, 9],
	[{ referrer: "https://www.google.com/", query: "?utm_source=google&utm_medium=cpc&utm_campaign=brand" }, 7],
	[{ query: "?utm_source=newsletter&utm_medium=email&utm_campaign=november" }, 7],
	[{ referrer: "https://news.ycombinator.com/" }, 2],
	[{ referrer: "https://www.reddit.com/" }, 3],
	[{ referrer: "https://trailpost.example/gear/best-shells" }, 2],
];

const HOST = "https://shop.example";
const SHELVES = zipf(CATALOG.flatMap((category) => category.products.map((product) => ({ category, product }))));
const STARTS: Weighted<"home" | "category" | "product" | "about">[] = [
	["home", 55],
	["category", 20],
	["product", 20],
	["about", 5],
];
const LABELS = zipf(["Size guide", "Reviews", "Delivery", "Next picture", "Care"]);

/** An event of a visit, and how long after its start it happens (ms). */
export interface Step {
	after: number;
	event: WireEvent;
}

/** One visit, event by event: home, category, product, cart, checkout, purchase, with people leaving at every step. */
export function visit(random: Random, who: Person): Step[] {
	const source = random.pick(SOURCES);
	const steps: Step[] = [];
	let clock = 0;
	let url = "";
	let referrer = source.referrer;

	const add = (name: string, more: Partial<WireEvent> = {}, props: Record<string, string> = {}): void => {
		const event: WireEvent = { name, visitor_id: who.id, url, screen: who.screen, lang: who.lang, ...more };
		if (referrer) event.referrer = referrer;
		event.props = { plan: who.plan, ...props };
		event.context = { country: who.country, user_agent: who.userAgent };
		steps.push({ after: Math.round(clock), event });
	};
	/** How long someone looks before doing the next thing. */
	const look = (seconds: number): void => {
		clock += random.around(seconds * 1000, 0.7);
	};
	const view = (path: string, title: string, props: Record<string, string> = {}): void => {
		if (url) {
			referrer = url;
			look(12);
		}
		url = HOST + path + (steps.length === 0 ? (source.query ?? "") : "");
		add("pageview", { title }, props);
	};
	const goesOn = (p: number): boolean => random.chance(Math.min(0.97, p * who.keen));

	const start = random.pick(STARTS);
	if (start === "about") view("/shop/about/", "About");
	if (start === "home" || (start === "about" && goesOn(0.4))) {
		view("/shop/", "Halden");
		if (random.chance(0.06)) {
			look(8);
			add("form_submit", {}, { form: "newsletter" });
			add("signup", {}, { plan: "free" });
		}
	}
	if (start !== "product" && !goesOn(0.58)) return steps;

	let basket = 0;
	let last = random.pick(SHELVES);
	for (let looks = 0; looks < 6; looks++) {
		const { category, product } = looks === 0 ? last : random.pick(SHELVES);
		const props = { category: category.slug };
		if (looks > 0 || start !== "product") view(`/shop/${category.slug}/`, category.name, props);
		if (!goesOn(0.66)) break;
		view(`/shop/${category.slug}/${product.slug}/`, product.name, props);
		if (random.chance(0.45)) {
			look(6);
			add("click", {}, { ...props, text: random.pick(LABELS) });
		}
		if (goesOn(0.26)) {
			look(10);
			add("add_to_cart", { value: product.price, currency: "EUR" }, props);
			basket += product.price;
			last = { category, product };
			if (random.chance(0.7)) break;
		} else if (!goesOn(0.5)) break;
	}
	if (basket === 0 || !goesOn(0.72)) return steps;

	view("/shop/cart/", "Cart");
	if (!goesOn(0.68)) return steps;
	view("/shop/checkout/", "Checkout");
	if (!goesOn(0.62)) return steps;
	look(45);
	add("form_submit", {}, { form: "checkout" });
	clock += 300 + random.below(900);
	add("purchase", { value: basket, currency: "EUR" }, { category: last.category.slug });
	if (random.chance(0.15)) add("signup");
	view("/shop/thanks/", "Thank you");
	return steps;
}
