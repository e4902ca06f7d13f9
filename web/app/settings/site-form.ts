/** What the form of a site's settings holds, and what of it changed. Pure. */
import type { Site } from "../api.ts";
import type { SiteChange } from "./api.ts";

/** As it is typed: lists one a line, numbers as text, "" for none. */
export interface SiteForm {
	name: string;
	currency: string;
	week_start: Site["week_start"];
	origins: string;
	embed_origins: string;
	/** New ones, after those that are there. */
	added: string[];
	quota: string;
	retention_days: string;
}

export const formOf = (site: Site): SiteForm => ({
	name: site.name,
	currency: site.currency ?? "",
	week_start: site.week_start,
	origins: site.origins.join("\n"),
	embed_origins: site.embed_origins.join("\n"),
	added: [],
	quota: site.quota === null ? "" : String(site.quota),
	retention_days: String(site.retention_days),
});

const lines = (text: string): string[] =>
	text
		.split(/[\s,]+/)
		.map((line) => line.replace(/\/+$/, ""))
		.filter((line) => line !== "");

const isOrigin = (text: string) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** What is wrong, field by field, in words. */
export function problemsOf(form: SiteForm, site: Site): Partial<Record<keyof SiteForm, string>> {
	const problems: Partial<Record<keyof SiteForm, string>> = {};
	if (form.name.trim() === "") problems.name = "A site has a name.";
	for (const field of ["origins", "embed_origins"] as const) {
		const wrong = lines(form[field]).find((line) => !isOrigin(line));
		if (wrong !== undefined) problems[field] = `${wrong} is no origin. Write https://www.example.com, without a path.`;
	}
	if (form.quota !== "" && !/^[1-9]\d{0,8}$/.test(form.quota))
		problems.quota = "A number of events a second, or nothing.";
	const days = Number(form.retention_days);
	if (!Number.isInteger(days) || days < 1 || days > 400) problems.retention_days = "1 to 400 days.";
	if (site.dimensions.length + form.added.length > 3) problems.added = "At most three.";
	return problems;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Only what differs from the site: what others change meanwhile elsewhere is left alone. */
export function changesOf(form: SiteForm, site: Site): SiteChange {
	const wanted: Required<SiteChange> = {
		name: form.name.trim(),
		currency: form.currency === "" ? null : form.currency,
		week_start: form.week_start,
		origins: lines(form.origins),
		embed_origins: lines(form.embed_origins),
		dimensions: [...site.dimensions, ...form.added],
		quota: form.quota === "" ? null : Number(form.quota),
		retention_days: Number(form.retention_days),
	};
	const changed = Object.entries(wanted).filter(([field, value]) => !same(value, Reflect.get(site, field)));
	return Object.fromEntries(changed);
}
