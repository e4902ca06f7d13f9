/**
 * What is looked at on a dashboard, as the address has it: a link is what you see. Null stands for what the dashboard
 * itself says, and is not written.
 */
import type { REFRESH as Refreshes } from "../../../schema/dashboard.ts";
import type { VariableValues } from "../../../schema/panel.ts";

/** The schema's, checked against it by the compiler but not imported: its module would bring the validator along. */
export const REFRESH: typeof Refreshes = ["off", "live", "10s", "30s", "1m", "5m", "15m", "1h"];
export type Refresh = (typeof REFRESH)[number];

/** Written as Grafana does: `now-24h`, `now/d`, ISO 8601 or epoch ms. */
export interface Time {
	from: string;
	to: string;
}

export interface DashView {
	time: Time | null;
	/** `site`, `browser`, or an IANA zone. */
	zone: string | null;
	refresh: Refresh | null;
	variables: VariableValues;
	/** The panel that fills the screen. */
	panel: string | null;
	/** Without anything around the panels. */
	kiosk: boolean;
}

export const PLAIN_VIEW: DashView = {
	time: null,
	zone: null,
	refresh: null,
	variables: {},
	panel: null,
	kiosk: false,
};

const RELATIVE = /^now(?:[+-]\d{1,6}[smhdwMy]|\/[hdwMy])*$/;
const EPOCH = /^\d{9,15}$/;
const MAX_VALUES = 200;
const MAX_VALUE = 256;

const isInstant = (text: string): boolean =>
	text.length <= 64 && (RELATIVE.test(text) || EPOCH.test(text) || !Number.isNaN(Date.parse(text)));

/** `site`, `browser`, or a zone that this browser knows. */
export function isZone(text: string): boolean {
	if (text === "site" || text === "browser") return true;
	try {
		new Intl.DateTimeFormat("en", { timeZone: text });
		return true;
	} catch {
		return false;
	}
}

function readTime(params: URLSearchParams): Time | null {
	const from = params.get("from");
	const to = params.get("to") ?? (from === null ? null : "now");
	if (from === null || to === null || !isInstant(from) || !isInstant(to)) return null;
	if (EPOCH.test(from) && EPOCH.test(to) && Number(from) >= Number(to)) return null;
	return { from, to };
}

function readVariables(params: URLSearchParams): VariableValues {
	const values: VariableValues = {};
	for (const [key, value] of params) {
		const name = /^var-([a-zA-Z]\w{0,31})$/.exec(key)?.[1];
		if (name === undefined || value.length > MAX_VALUE) continue;
		const known = values[name] ?? [];
		if (known.length < MAX_VALUES && !known.includes(value)) values[name] = [...known, value];
	}
	return values;
}

/** Anything unreadable falls back to its default: an old link still opens. */
export function readDashView(search: string): DashView {
	const params = new URLSearchParams(search);
	const zone = params.get("tz");
	const panel = params.get("panel");
	return {
		time: readTime(params),
		zone: zone !== null && isZone(zone) ? zone : null,
		refresh: REFRESH.find((known) => known === params.get("refresh")) ?? null,
		variables: readVariables(params),
		panel: panel !== null && /^[\w-]{1,32}$/.test(panel) ? panel : null,
		kiosk: params.get("kiosk") === "1",
	};
}

/** The search string, with defaults left out: `""` or `?from=now-7d&…`. */
export function writeDashView(view: DashView): string {
	const params = new URLSearchParams();
	if (view.time) {
		params.set("from", view.time.from);
		if (view.time.to !== "now") params.set("to", view.time.to);
	}
	if (view.zone !== null) params.set("tz", view.zone);
	if (view.refresh !== null) params.set("refresh", view.refresh);
	for (const [name, values] of Object.entries(view.variables))
		for (const value of values) params.append(`var-${name}`, value);
	if (view.panel !== null) params.set("panel", view.panel);
	if (view.kiosk) params.set("kiosk", "1");
	const text = params.toString();
	return text === "" ? "" : `?${text}`;
}

/** The view with what the dashboard says anyway left out, so that links stay short and follow its defaults. */
export function withoutDefaults(view: DashView, own: { time: Time; timezone: string; refresh: Refresh }): DashView {
	const { time } = view;
	return {
		...view,
		time: time && time.from === own.time.from && time.to === own.time.to ? null : time,
		zone: view.zone === own.timezone ? null : view.zone,
		refresh: view.refresh === own.refresh ? null : view.refresh,
	};
}

/** A stretch (epoch ms) that was brushed out of a chart. */
export const stretch = (from: number, to: number): Time => ({
	from: String(Math.floor(from)),
	to: String(Math.ceil(to)),
});

/** Does its start move on with time? Then what leaves it at the start is no longer drawn. */
export const slides = (time: Time): boolean => /^now-\d{1,6}[smhdwMy]$/.test(time.from) && time.to === "now";

const LENGTHS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** ms between asks; null where nothing is asked by the clock. */
export function refreshEvery(refresh: Refresh): number | null {
	const [, count, unit = ""] = /^(\d+)([smh])$/.exec(refresh) ?? [];
	return count === undefined ? null : Number(count) * (LENGTHS[unit] ?? 0);
}

/** Up to a fifth more or less, so that screens that were opened together do not ask together. */
export const jittered = (ms: number, random: number): number => Math.round(ms * (0.8 + 0.4 * random));

/** `site`, `browser` or a zone, as a zone. */
export function zoneOf(choice: string, siteZone: string): string {
	if (choice === "site") return siteZone;
	return choice === "browser" ? Intl.DateTimeFormat().resolvedOptions().timeZone : choice;
}
