/** The list of a site's dashboards: searched, sorted, and with the tags of all. */
import * as z from "zod";
import type { DashboardSummary } from "../../schema/dashboard.ts";
import type { ListedRow } from "../store/dashboards.ts";

export const ListParams = z.strictObject({
	/** In titles, descriptions, tags, and titles of panels; every word must be in one of them. */
	search: z.string().max(100).default(""),
	tag: z.string().max(40).optional(),
	sort: z.enum(["title", "updated"]).default("title"),
});

type Params = z.output<typeof ListParams>;

/** A site has a few hundred at most: here words of every alphabet match whatever their case, which SQLite's LIKE does not. */
export function selected(rows: readonly ListedRow[], { search, tag, sort }: Params): ListedRow[] {
	const words = fold(search).split(/\s+/).filter(Boolean);
	const found = rows.filter((row) => (tag === undefined || row.tags.includes(tag)) && matches(row, words));
	return sort === "title" ? found.sort(byTitle) : found.sort((a, b) => b.updatedAt - a.updatedAt || byTitle(a, b));
}

const fold = (text: string): string => text.normalize("NFKC").toLowerCase();

function matches(row: ListedRow, words: readonly string[]): boolean {
	if (words.length === 0) return true;
	const texts = [row.title, row.description, ...row.tags, ...panelTitles(row)].map(fold);
	return words.every((word) => texts.some((text) => text.includes(word)));
}

const panelTitles = (row: ListedRow): string[] => z.array(z.string()).parse(JSON.parse(row.panelTitles));

const byTitle = (a: ListedRow, b: ListedRow): number =>
	a.title.localeCompare(b.title, "en", { numeric: true }) || (a.uid < b.uid ? -1 : 1);

export const toSummary = (row: ListedRow): DashboardSummary => ({
	uid: row.uid,
	version: row.version,
	created_at: row.createdAt,
	created_by: row.createdBy,
	updated_at: row.updatedAt,
	updated_by: row.updatedBy,
	title: row.title,
	description: row.description,
	tags: row.tags,
	panels: row.panels,
});

/** The tags of these, the most used first. */
export function tagsOf(rows: readonly ListedRow[]): { tag: string; count: number }[] {
	const counts = new Map<string, number>();
	for (const tag of rows.flatMap(({ tags }) => tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
	return [...counts]
		.map(([tag, count]) => ({ tag, count }))
		.sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag, "en"));
}
