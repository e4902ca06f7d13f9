import { CATALOG, type Category, type Product } from "./catalog.ts";
import { picture } from "./pictures.ts";
import { BASE, euro } from "./views.ts";

/** How many of which product, by slug. */
type Quantities = Record<string, number>;
export interface Line {
	product: Product;
	category: Category;
	quantity: number;
}

const KEY = "shop.cart";

function quantities(): Quantities {
	try {
		return JSON.parse(localStorage.getItem(KEY) ?? "{}");
	} catch {
		return {}; // storage is forbidden, or was written by something else: an empty cart
	}
}

export const products: Line[] = CATALOG.flatMap((category) =>
	category.products.map((product) => ({ category, product, quantity: 0 })),
);

export function lines(): Line[] {
	const have = quantities();
	return products.flatMap((line) => {
		const quantity = have[line.product.slug] ?? 0;
		return quantity > 0 ? [{ ...line, quantity }] : [];
	});
}

export const sum = (cart: Line[]): number =>
	cart.reduce((total, line) => total + line.quantity * line.product.price, 0);
export const count = (cart: Line[]): number => cart.reduce((total, line) => total + line.quantity, 0);

/** Adds to, or takes from, the cart. */
export function change(slug: string, by: number): void {
	const have = quantities();
	localStorage.setItem(KEY, JSON.stringify({ ...have, [slug]: Math.max(0, (have[slug] ?? 0) + by) }));
}

export const empty = (): void => localStorage.removeItem(KEY);

const row = ({ product, category, quantity }: Line): string => `<li>
	<span class="frame">${picture(product.slug, product.hue)}</span>
	<span class="grow"><a href="${BASE}${category.slug}/${product.slug}/"><strong>${product.name}</strong></a><span class="quiet">${euro(product.price)}</span></span>
	<span class="count"><button data-change="-1" data-slug="${product.slug}" aria-label="One ${product.name} less">−</button>
	<span>${quantity}</span><button data-change="1" data-slug="${product.slug}" aria-label="One ${product.name} more">+</button></span>
	<span class="amount">${euro(product.price * quantity)}</span></li>`;

/** The cart as markup. */
export function cartHtml(cart: Line[]): string {
	if (cart.length === 0) {
		return `<p class="lead">Nothing in it yet.</p><p><a class="button" href="${BASE}camp/">Go and look</a></p>`;
	}
	return `<ul class="lines">${cart.map(row).join("")}</ul><p class="sum"><span>Total</span><strong>${euro(sum(cart))}</strong></p>
		<p><a class="button wide" data-route href="${BASE}checkout/">To the checkout</a></p>`;
}
