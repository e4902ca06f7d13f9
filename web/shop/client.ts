import type { Nowcast } from "../beacon/types.ts";
import { cartHtml, change, count, empty, lines, products, sum } from "./cart.ts";
import { BASE, euro, PAGES } from "./views.ts";

/** Missing where a blocker took the script: the shop works all the same. */
const nowcast = (window as Window & { nowcast?: Nowcast }).nowcast;
const one = <T extends Element = HTMLElement>(selector: string): T | null => document.querySelector<T>(selector);
const say = (selector: string, text: string): void => {
	const place = one(selector);
	if (place) place.textContent = text;
};

/** Fills in what only this browser knows: the cart, the choice to be counted. */
function refresh(): void {
	const cart = lines();
	say("#count", String(count(cart)));
	say("#sum", euro(sum(cart)));
	say("[data-opt]", nowcast?.hasOptedOut() ? "be counted again" : "opt out of being counted");
	const place = one("#cart");
	if (place) place.innerHTML = cartHtml(cart);
}

/** Shows a page of the shop without loading it. */
function show(path: string): void {
	const view = PAGES.get(path)?.();
	const main = one("main");
	if (!view || !main) {
		location.assign(path);
		return;
	}
	document.title = view.title;
	main.innerHTML = view.html;
	refresh();
}

function go(path: string): void {
	document.title = PAGES.get(path)?.().title ?? document.title;
	history.pushState(null, "", path);
	show(path);
	scrollTo(0, 0);
	const heading = one("main h1");
	heading?.setAttribute("tabindex", "-1");
	heading?.focus({ preventScroll: true });
}

function add(slug: string): void {
	const line = products.find(({ product }) => product.slug === slug);
	if (!line) return;
	change(slug, 1);
	nowcast?.track("add_to_cart", { value: line.product.price, currency: "EUR", category: line.category.slug });
	say("main .said", `${line.product.name} is in your cart.`);
}

function pay(form: HTMLFormElement): void {
	const cart = lines();
	const [dearest] = cart.toSorted((a, b) => b.product.price - a.product.price);
	if (!dearest) {
		go(`${BASE}cart/`);
		return;
	}
	const plan = String(new FormData(form).get("plan"));
	nowcast?.track("purchase", { value: sum(cart), currency: "EUR", category: dearest.category.slug, plan });
	nowcast?.register({ plan });
	empty();
	go(`${BASE}thanks/`);
}

function clicked(event: MouseEvent): void {
	if (!(event.target instanceof Element)) return;
	const link = event.target.closest<HTMLAnchorElement>("a[data-route]");
	const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
	if (link && plain) {
		event.preventDefault();
		go(link.pathname);
		return;
	}
	const button = event.target.closest("button");
	if (!button) return;
	const { add: slug, change: by, slug: changed } = button.dataset;
	if (slug) add(slug);
	if (by && changed) change(changed, Number(by));
	if (button.matches("[data-size]")) {
		for (const other of document.querySelectorAll("[data-size]")) other.setAttribute("aria-pressed", "false");
		button.setAttribute("aria-pressed", "true");
	}
	if (button.matches("[data-opt]")) nowcast?.hasOptedOut() ? nowcast.optIn() : nowcast?.optOut();
	refresh();
	if (button.matches("[data-break]")) throw new Error("The visitor pressed “break something”");
}

function submitted(event: SubmitEvent): void {
	const form = event.target;
	if (!(form instanceof HTMLFormElement)) return;
	event.preventDefault();
	if (form.id === "checkout") pay(form);
	if (form.id === "newsletter") {
		form.reset();
		say("#newsletter .said", "Thank you. (No letter will come: this is a demo.)");
	}
}

document.addEventListener("click", clicked);
document.addEventListener("submit", submitted);
addEventListener("popstate", () => show(location.pathname));
refresh();
