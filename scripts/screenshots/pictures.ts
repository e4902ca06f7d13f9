/** Every page there is a picture of. */
import type { Furnished } from "./furnish.ts";

export interface Picture {
	/** Of the file, without its look. */
	name: string;
	/** Where it is, with search and hash. */
	path: string;
	/** A selector of what shows when it is there. */
	shows: string;
	/** Whom it is shown: nobody yet, somebody of a site without events, or with a month of them. */
	when: "signed out" | "empty" | "visited";
	/** What a window shows of it: not all of its height. */
	window?: true;
}

const LOOKED = {
	event: "pageview",
	filters: [{ dim: "path", op: "starts_with", values: ["/shop/shoes"] }],
	label: "Looked at shoes",
};
const CHECKOUT = {
	event: "pageview",
	filters: [{ dim: "path", op: "in", values: ["/shop/checkout/"] }],
	label: "Checkout",
};
const event = (name: string) => ({ event: name, filters: [] });
const FUNNEL = {
	steps: [LOOKED, event("add_to_cart"), CHECKOUT, event("purchase")],
	window: "1h",
	breakdown: { dim: "device" },
};
const EXPLORE = {
	metric: "purchase",
	measure: "sum",
	groupBy: ["country"],
	filters: [
		{ dim: "props.category", op: "in", values: ["shoes", "packs"] },
		{ did: "pageview", at_least: 3 },
	],
};

const visited = (name: string, path: string, shows: string, more: Partial<Picture> = {}): Picture => ({
	name,
	path,
	shows,
	when: "visited",
	...more,
});

/** A question as its page's form writes it into the address. */
function asked(page: string, question: object, shows: string): Picture {
	return visited(page, `/?${new URLSearchParams({ page, q: JSON.stringify(question) })}`, shows);
}

const QUESTIONS: readonly Picture[] = [
	asked("explore", EXPLORE, ".groups td"),
	asked("funnels", FUNNEL, ".funnel-share"),
	asked("retention", { periods: 10 }, ".cohorts .cell"),
	asked("paths", { anchor: LOOKED, depth: 4, limit: 5 }, ".answer svg"),
	asked("lifecycle", {}, ".bars svg"),
	asked("visitors", { limit: 14 }, ".visitor-name"),
	asked("events", {}, ".stream li"),
];

const board = (name: string, path: string, more?: Partial<Picture>) => visited(name, path, "[data-panel]", more);

export function allPictures({ dashboards, link }: Furnished): Picture[] {
	const [first = ""] = dashboards.values();
	return [
		{ name: "login", path: "/", shows: ".login-card", when: "signed out" },
		{ name: "start", path: "/", shows: "text=Waiting for the first event", when: "empty" },
		visited("overview-day", "/", ".uplot canvas"),
		visited("overview-week", "/?range=7d", ".uplot canvas"),
		visited("shop", "/shop/", "main"),
		visited("install", "/#install", "text=Open the dashboard"),
		...QUESTIONS,
		visited("dashboards", "/dashboards", "ul.dash-cards"),
		...[...dashboards].map(([template, uid]) => board(`dashboard-${template}`, `/d/${uid}`)),
		board("editor", `/d/${first}/edit`),
		board("editor-panel", `/d/${first}/edit?panel=trend`, { window: true }),
		board("wall", `/d/${first}?kiosk=1`, { window: true }),
		...["members", "keys", "audit"].map((tab) => visited(`settings-${tab}`, `/settings/${tab}`, ".set-table tbody tr")),
		...["account", "site"].map((tab) => visited(`settings-${tab}`, `/settings/${tab}`, ".set-section")),
		// The last: its page belongs to nobody who is signed in.
		board("shared", link),
	];
}
