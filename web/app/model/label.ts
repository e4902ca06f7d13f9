import { title } from "./lists.ts";
import { NONE, OTHER } from "./words.ts";

/** Made when the first country is named, not while a page starts: browsers take long to make it. */
let regions: Intl.DisplayNames | undefined;

/** "Germany" for DE; the code itself where it is none. */
export function countryName(code: string): string {
	if (!/^[A-Z]{2}$/.test(code)) return code;
	regions ??= new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });
	return regions.of(code) ?? code;
}

/** The flag as two regional indicators, or empty where the code is no country's. */
export function flag(code: string): string {
	if (!/^[A-Z]{2}$/.test(code)) return "";
	return String.fromCodePoint(...[...code].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
}

const MISSING: Record<string, string> = {
	referrer: "Direct / none",
	channel: "Unknown",
	utm_campaign: "No campaign",
	country: "Unknown",
	device: "Unknown",
	browser: "Unknown",
	os: "Unknown",
};

/** What a value of a dimension is called. `(none)` and `(other)` are the server's words for missing and past the cap. */
export function valueLabel(dim: string, value: string): string {
	if (value === OTHER) return "All others";
	if (value === NONE || value === "") return MISSING[dim] ?? "Not set";
	if (dim === "country") return countryName(value);
	if (dim === "device" || dim === "channel") return title(value);
	return value;
}

const NAMES: Record<string, string> = { os: "OS", path: "Page", entry: "Entry page" };

/** Names of dimensions. */
export const dimLabel = (dim: string): string => NAMES[dim] ?? title(dim).replace(/^Utm /, "UTM ");
