/** What the demo shop sells. `scripts/traffic` walks the same shelves. */
export interface Product {
	slug: string;
	name: string;
	/** EUR, with VAT. */
	price: number;
	line: string;
	text: string;
	/** Colour of its picture: hue in degrees. */
	hue: number;
}
export interface Category {
	slug: string;
	name: string;
	line: string;
	products: Product[];
}

export const CATALOG: Category[] = [
	{
		slug: "shoes",
		name: "Shoes",
		line: "Light on the foot, honest on rock.",
		products: [
			{
				slug: "ridge-runner",
				name: "Ridge Runner",
				price: 139,
				line: "Trail shoe, 268 g",
				text: "A low, quick shoe for steep ground. The outsole is cut from one piece, so there is nothing to come off, and the upper dries while you walk.",
				hue: 18,
			},
			{
				slug: "moor-boot",
				name: "Moor Boot",
				price: 189,
				line: "Waxed leather, resoled for life",
				text: "An ankle boot for wet ground and long days. Send it back when the sole is worn: a new one is on us.",
				hue: 34,
			},
			{
				slug: "harbour-slip",
				name: "Harbour Slip",
				price: 79,
				line: "Recycled canvas, for after",
				text: "What you want at the hut when the boots are off. Packs flat, weighs as much as an apple.",
				hue: 204,
			},
		],
	},
	{
		slug: "jackets",
		name: "Jackets",
		line: "For the hour when the forecast was wrong.",
		products: [
			{
				slug: "squall-shell",
				name: "Squall Shell",
				price: 249,
				line: "Three layers, 390 g",
				text: "Waterproof without the rustle. Two zips under the arms, a hood that turns with your head, and no PFAS anywhere in it.",
				hue: 186,
			},
			{
				slug: "loft-vest",
				name: "Loft Vest",
				price: 129,
				line: "Warm where it counts",
				text: "Wool where you sweat, down where you do not. Wear it under the shell, or with nothing over it in October.",
				hue: 48,
			},
			{
				slug: "drift-anorak",
				name: "Drift Anorak",
				price: 169,
				line: "Windproof cotton",
				text: "Dense cotton that keeps wind out and sparks from burning holes. One big pocket, for one big map.",
				hue: 142,
			},
		],
	},
	{
		slug: "packs",
		name: "Packs",
		line: "Carry less, better.",
		products: [
			{
				slug: "day-18",
				name: "Day 18",
				price: 99,
				line: "18 litres, 540 g",
				text: "A day's things and nothing more. The back panel is a seat pad; take it out at lunch.",
				hue: 262,
			},
			{
				slug: "traverse-45",
				name: "Traverse 45",
				price: 219,
				line: "45 litres, hut to hut",
				text: "A frame that carries fifteen kilos and forgets five of them. Opens at the front like a drawer.",
				hue: 156,
			},
			{
				slug: "sling-4",
				name: "Sling 4",
				price: 49,
				line: "4 litres, across the chest",
				text: "Camera, water, half a sandwich. Turns to the front without taking it off.",
				hue: 330,
			},
		],
	},
	{
		slug: "camp",
		name: "Camp",
		line: "A night out, without the van.",
		products: [
			{
				slug: "lantern-tent",
				name: "Lantern Tent",
				price: 389,
				line: "Two people, 1.6 kg",
				text: "Stands in four minutes, in rain in six. The fly goes up first, so that the inside is dry when you are not.",
				hue: 40,
			},
			{
				slug: "ember-stove",
				name: "Ember Stove",
				price: 69,
				line: "Boils a litre in 3:40",
				text: "Folds into its own pot. Simmers too, which is why the porridge is edible.",
				hue: 8,
			},
			{
				slug: "quiet-bag",
				name: "Quiet Bag",
				price: 279,
				line: "Comfort -2 °C, 780 g",
				text: "A sleeping bag that does not rustle each time you turn. The down is traced to the farm.",
				hue: 226,
			},
		],
	},
];

/** What a customer can join at the checkout: prop `plan`. */
export const PLANS = ["free", "plus", "pro"] as const;
export type Plan = (typeof PLANS)[number];
