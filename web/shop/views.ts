import { CATALOG, type Category, type Product } from "./catalog.ts";
import { HILLS, picture } from "./pictures.ts";

/** What stands in `<main>`: rendered when the shop is built, and by the client where it navigates within a page. */
export interface View {
	title: string;
	html: string;
}

export const BASE = "/shop/";
export const euro = (amount: number): string => `€\u202f${amount.toFixed(amount % 1 === 0 ? 0 : 2)}`;
const categoryPath = (category: Category): string => `${BASE}${category.slug}/`;
const productPath = (category: Category, product: Product): string => `${categoryPath(category)}${product.slug}/`;

const card = (category: Category, product: Product): string => `
	<a class="card" data-route href="${productPath(category, product)}">
		<span class="frame">${picture(product.slug, product.hue)}</span>
		<span class="row"><strong>${product.name}</strong><span>${euro(product.price)}</span></span>
		<span class="quiet">${product.line}</span>
	</a>`;

const home = (): View => ({
	title: "Halden · things for outside",
	html: `
	<section class="hero">${HILLS}<div class="hero-text">
		<h1>Made for the walk back.</h1>
		<p>Twelve things for outside, each mended for as long as you own it.</p>
		<a class="button" href="${BASE}jackets/" data-nc-event="hero_click" data-nc-category="jackets">See the jackets</a>
	</div></section>
	<section><h2>Shelves</h2><div class="shelves">${CATALOG.map(
		(category) => `
		<a class="shelf" href="${categoryPath(category)}" data-nc-event="shelf_click" data-nc-category="${category.slug}">
			<span class="frame">${category.products
				.slice(0, 1)
				.map((product) => picture(product.slug, product.hue))
				.join("")}</span>
			<strong>${category.name}</strong><span class="quiet">${category.line}</span>
		</a>`,
	).join("")}</div></section>
	<section><h2>New this autumn</h2><div class="grid four">${CATALOG.map(
		(category) => category.products[1] && card(category, category.products[1]),
	).join("")}</div></section>
	<section class="letter"><div><h2>One letter a month</h2><p>A route, a repair, and what came in. Nothing else.</p></div>
		<form id="newsletter" data-nc-event="signup" data-nc-plan="free">
			<label for="mail">E-mail</label>
			<div class="field"><input id="mail" name="mail" type="email" required placeholder="you@example.com" autocomplete="email">
			<button class="button">Sign up</button></div><p class="said" role="status"></p>
		</form></section>`,
});

const shelf = (category: Category): View => ({
	title: `${category.name} · Halden`,
	html: `<section class="head"><p class="quiet"><a href="${BASE}">Halden</a> / ${category.name}</p><h1>${category.name}</h1>
		<p class="lead">${category.line}</p></section>
		<section><div class="grid">${category.products.map((product) => card(category, product)).join("")}</div></section>`,
});

/** The rest of the shelf, and one thing from the next. */
function beside(category: Category, product: Product): string {
	const others = category.products.filter((other) => other !== product).map((other) => card(category, other));
	const next = CATALOG[(CATALOG.indexOf(category) + 1) % CATALOG.length];
	const [first] = next?.products ?? [];
	return [...others, next && first ? card(next, first) : ""].join("");
}

const SIZES: Record<string, string[]> = {
	shoes: ["39", "40", "41", "42", "43", "44"],
	jackets: ["S", "M", "L", "XL"],
};

const detail = (category: Category, product: Product): View => ({
	title: `${product.name} · Halden`,
	html: `<section class="product"><div class="frame big">${picture(product.slug, product.hue)}</div><div>
		<p class="quiet"><a href="${BASE}">Halden</a> / <a data-route href="${categoryPath(category)}">${category.name}</a></p>
		<h1>${product.name}</h1><p class="lead">${product.line}</p><p class="price">${euro(product.price)}</p><p>${product.text}</p>
		${sizes(category)}
		<p class="actions"><button class="button" data-add="${product.slug}">Add to cart</button><a class="button plain" href="${BASE}cart/">Cart</a></p>
		<p class="said" role="status"></p>
		<ul class="facts"><li>Delivered in two days, back within sixty</li><li>Mended free, for as long as you own it</li></ul>
	</div></section>
	<section><h2>Goes with it</h2><div class="grid">${beside(category, product)}</div></section>`,
});

const sizes = (category: Category): string => {
	const list = SIZES[category.slug];
	if (!list) return "";
	const buttons = list.map(
		(size) =>
			`<button data-size aria-pressed="false" data-nc-event="size_select" data-nc-category="${category.slug}" data-nc-size="${size}">${size}</button>`,
	);
	return `<div class="sizes" role="group" aria-label="Size">${buttons.join("")}</div>`;
};

const about = (): View => ({
	title: "About · Halden",
	html: `<section class="head"><h1>A shop that is not one.</h1><p class="lead">Halden sells nothing. It is where Nowcast shows what it sees.</p></section>
	<section class="prose"><p>Every page here carries the same one-line script that you would put on yours. Walk around: open a product, put it
		in the cart, pay with money that does not exist. Each step reaches the dashboard before you have switched windows.</p>
	<h2>What is counted</h2><ul>
		<li>page views, also those that happen without loading a page</li>
		<li>clicks, forms and links that lead away</li>
		<li><code>add_to_cart</code> and <code>purchase</code> with their value, category and plan</li>
		<li>errors: <button class="link" data-break>break something</button></li></ul>
	<h2>What is not</h2><p>No cookies. Nothing that you type into a form leaves this page. You can also
		<button class="link" data-opt></button>.</p>
	<p><a class="button" href="/">Open the dashboard</a></p></section>`,
});

const cart = (): View => ({
	title: "Cart · Halden",
	html: `<section class="head"><h1>Cart</h1></section><section id="cart" class="narrow"></section>`,
});

const checkout = (): View => ({
	title: "Checkout · Halden",
	html: `<section class="head"><h1>Checkout</h1><p class="lead">A demonstration: nothing is charged, nothing typed here is sent.</p></section>
	<section class="narrow"><form id="checkout">
		<div class="two"><p><label for="name">Name</label><input id="name" name="name" value="Ada Example" required autocomplete="off"></p>
		<p><label for="city">Town</label><input id="city" name="city" value="Göttingen" required autocomplete="off"></p></div>
		<fieldset><legend>Repairs</legend>
			<label class="plan"><input type="radio" name="plan" value="free" checked><span><strong>Free</strong><span class="quiet">Seams and zips, for ever</span></span></label>
			<label class="plan"><input type="radio" name="plan" value="plus"><span><strong>Plus</strong><span class="quiet">Collected at your door</span></span></label>
			<label class="plan"><input type="radio" name="plan" value="pro"><span><strong>Pro</strong><span class="quiet">And a loan while you wait</span></span></label>
		</fieldset>
		<p class="sum"><span>Total</span><strong id="sum"></strong></p>
		<button class="button wide">Pay (not really)</button>
	</form></section>`,
});

const thanks = (): View => ({
	title: "Thank you · Halden",
	html: `<section class="head"><h1>On its way.</h1><p class="lead">It is not, of course. But the dashboard has the order by now.</p>
		<p class="actions"><a class="button" href="/">Open the dashboard</a><a class="button plain" href="${BASE}">Keep walking</a></p></section>`,
});

/** Every page of the shop, by path. */
export const PAGES = new Map<string, () => View>([
	[BASE, home],
	[`${BASE}about/`, about],
	[`${BASE}cart/`, cart],
	[`${BASE}checkout/`, checkout],
	[`${BASE}thanks/`, thanks],
	...CATALOG.flatMap((category): [string, () => View][] => [
		[categoryPath(category), () => shelf(category)],
		...category.products.map((product): [string, () => View] => [
			productPath(category, product),
			() => detail(category, product),
		]),
	]),
]);
