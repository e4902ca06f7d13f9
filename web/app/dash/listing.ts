/** The list of dashboards as it is looked at. Pure. */
import type { DashboardSummary } from "../../../schema/dashboard.ts";

export const ORDERS = [
	["updated", "Changed last"],
	["title", "Name"],
	["created", "Newest"],
	["panels", "Most panels"],
] as const;
export type Order = (typeof ORDERS)[number][0];

export interface ListView {
	sought: string;
	tags: string[];
	order: Order;
}

export function readListView(search: string): ListView {
	const params = new URLSearchParams(search);
	const order = ORDERS.find(([id]) => id === params.get("sort"))?.[0] ?? "updated";
	const tags = [...new Set(params.getAll("tag").filter((tag) => tag !== "" && tag.length <= 40))];
	return { sought: params.get("search")?.slice(0, 100) ?? "", tags, order };
}

export function writeListView({ sought, tags, order }: ListView): string {
	const params = new URLSearchParams();
	if (sought !== "") params.set("search", sought);
	for (const tag of tags) params.append("tag", tag);
	if (order !== "updated") params.set("sort", order);
	const text = params.toString();
	return text === "" ? "" : `?${text}`;
}

const BY: Record<Order, (a: DashboardSummary, b: DashboardSummary) => number> = {
	updated: (a, b) => b.updated_at - a.updated_at,
	title: (a, b) => a.title.localeCompare(b.title),
	created: (a, b) => b.created_at - a.created_at,
	panels: (a, b) => b.panels - a.panels,
};

/** Those in which every word stands, in title, description or tags, and that have every tag. */
export function listed(all: readonly DashboardSummary[], { sought, tags, order }: ListView): DashboardSummary[] {
	const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
	return all
		.filter((one) => tags.every((tag) => one.tags.includes(tag)))
		.filter(({ title, description, tags: own }) => {
			const text = [title, description, ...own].join(" ").toLowerCase();
			return words.every((word) => text.includes(word));
		})
		.sort((a, b) => BY[order](a, b) || a.title.localeCompare(b.title));
}

const STEPS: readonly [ms: number, unit: Intl.RelativeTimeFormatUnit][] = [
	[365 * 86_400_000, "year"],
	[30 * 86_400_000, "month"],
	[86_400_000, "day"],
	[3_600_000, "hour"],
	[60_000, "minute"],
];

/** "3 hours ago", "yesterday", "just now". */
export function ago(at: number, now: number): string {
	const passed = now - at;
	const step = STEPS.find(([ms]) => passed >= ms);
	if (!step) return "just now";
	return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(passed / step[0]), step[1]);
}
