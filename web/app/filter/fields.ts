/** Fields that filters and breakdowns can name: GET /v1/fields, or this list where the server has no such route. */
import { dimLabel, valueLabel } from "../model/label.ts";

export interface FieldGroup {
	label: string;
	fields: string[];
}

const COLUMNS: readonly FieldGroup[] = [
	{ label: "Event", fields: ["name", "value", "currency"] },
	{ label: "Page", fields: ["path", "host", "title", "search"] },
	{
		label: "Source",
		fields: ["channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"],
	},
	{ label: "Place", fields: ["country", "region", "city", "lang"] },
	{ label: "Device", fields: ["device", "browser", "browser_version", "os", "screen"] },
	{ label: "Person", fields: ["user_id"] },
];
const PROPS = "props.";
const TRAITS = "traits.";

const startsWith = (prefix: string) => (name: string) => name.startsWith(prefix);

/** The fields in groups for a picker: known columns in their order, then props and traits. */
export function groupFields(names: readonly string[]): FieldGroup[] {
	const known = new Set(COLUMNS.flatMap((group) => group.fields));
	const columns = COLUMNS.map(({ label, fields }) => ({
		label,
		fields: fields.filter((name) => names.includes(name)),
	}));
	const rest = names.filter((name) => !known.has(name) && !startsWith(TRAITS)(name));
	return [
		...columns,
		{ label: "Properties", fields: rest },
		{ label: "Traits of the visitor", fields: names.filter(startsWith(TRAITS)) },
	].filter((group) => group.fields.length > 0);
}

/** What every site has, and its declared dimensions. */
export const knownFields = (dimensions: readonly string[]): string[] => [
	...COLUMNS.flatMap((group) => group.fields),
	...dimensions,
];

const LABELS: Record<string, string> = {
	name: "Event name",
	host: "Host",
	search: "Query string",
	lang: "Language",
	user_id: "User id",
};

/** `props.plan` → `plan`, `traits.company` → `company (trait)`. */
export function fieldLabel(name: string): string {
	if (name.startsWith(PROPS)) return name.slice(PROPS.length);
	if (name.startsWith(TRAITS)) return `${name.slice(TRAITS.length)} (trait)`;
	return LABELS[name] ?? dimLabel(name);
}

/** A value of a group, as the lists of the Overview name it. */
export const groupLabel = (group: Record<string, string>): string =>
	Object.entries(group)
		.map(([dim, value]) => valueLabel(dim, value))
		.join(" · ");

/** Compared as numbers more often than not. */
export const isNumeric = (field: string): boolean => field === "value";
