/** Numbers and times as people read them: short where space is short, whole on hover. */

export type Unit = "number" | "ratio" | "percent" | "duration" | "money";

/** What an absent value looks like: an average of nothing is not 0. */
export const NOTHING = "–";

const SUFFIXES = ["", "K", "M", "B", "T"] as const;

/** A formatter costs more to make than a thousand uses of it: each is made once. */
const formats = new Map<string, Intl.NumberFormat>();
export function written(value: number, options: Intl.NumberFormatOptions): string {
	const id = JSON.stringify(options);
	const format = formats.get(id) ?? new Intl.NumberFormat("en", options);
	formats.set(id, format);
	return format.format(value);
}

/** `12`, `1,234`, `12.3K`, `4.56M`: three significant digits from ten thousand on. */
export function short(value: number): string {
	const size = Math.abs(value);
	if (size < 10_000) return written(value, { maximumFractionDigits: size < 10 ? 2 : size < 100 ? 1 : 0 });
	let scaled = value;
	let step = 0;
	// 999.5 and not 1,000: what would round to "1000K" is "1M".
	while (Math.abs(scaled) >= 999.5 && step < SUFFIXES.length - 1) {
		scaled /= 1000;
		step++;
	}
	return `${Number(scaled.toPrecision(3))}${SUFFIXES[step] ?? ""}`;
}

/** `1m 23s`, `45s`, `2h 05m`, `0.8s`. */
export function duration(ms: number): string {
	if (ms > 0 && ms < 1000) return `${(ms / 1000).toFixed(1)}s`;
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds}s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, "0")}s`;
	return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

function money(value: number, currency: string | null): string {
	if (currency === null) return short(value);
	const large = Math.abs(value) >= 10_000;
	return written(value, {
		style: "currency",
		currency,
		notation: large ? "compact" : "standard",
		maximumFractionDigits: large ? 1 : Math.abs(value) < 100 ? 2 : 0,
		minimumFractionDigits: 0,
	});
}

/** Little is not nothing: `<0.1%`. */
function percent(share: number): string {
	if (share > 0 && share < 0.0005) return "<0.1%";
	return `${Number((share * 100).toFixed(share < 0.1 ? 1 : 0))}%`;
}

/** The short form, for tiles, axes and lists. */
export function brief(value: number | null, unit: Unit, currency: string | null = null): string {
	if (value === null || !Number.isFinite(value)) return NOTHING;
	if (unit === "percent") return percent(value);
	if (unit === "duration") return duration(value);
	if (unit === "money") return money(value, currency);
	if (unit === "ratio") return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
	// Counts: an estimate of visitors may have a fraction, people do not.
	return short(Math.round(value));
}

/** Every digit, for hover texts and tables. */
export function full(value: number | null, unit: Unit, currency: string | null = null): string {
	if (value === null || !Number.isFinite(value)) return NOTHING;
	if (unit === "percent") return `${(value * 100).toFixed(2)} %`;
	if (unit === "duration") return `${duration(value)} (${written(Math.round(value), {})} ms)`;
	if (unit === "money" && currency !== null) return written(value, { style: "currency", currency });
	const digits = unit === "number" ? 0 : 3;
	return written(value, { maximumFractionDigits: digits });
}

/** z of a two-sided 95 % interval. */
const Z95 = 1.96;

/**
 * Does an estimate need its `~`? Not where its 95 % interval holds no other whole number: that of a few visitors is a
 * count. An unknown error may be any.
 */
export const isRough = (value: number | null, error: number | null): boolean =>
	value !== null && value !== 0 && (error === null || value * Z95 * error >= 0.5);

/** How far off an estimate with this relative standard error is at most, 19 times out of 20: `1.6 %`. */
export const margin = (error: number): string => `${Number((Z95 * error * 100).toFixed(1))} %`;

/** "between 970 and 1,030 (95 %)" for an estimate with this relative standard error; empty where there is none. */
export function interval95(value: number | null, error: number | null): string {
	if (value === null || error === null || error <= 0) return "";
	const low = Math.max(0, Math.floor(value * (1 - Z95 * error)));
	const high = Math.ceil(value * (1 + Z95 * error));
	return `between ${full(low, "number")} and ${full(high, "number")} (95 %)`;
}

export interface Change {
	/** `+12%`, `-3.1 pp`, `new`; empty where there is nothing to compare. */
	text: string;
	direction: "up" | "down" | "same";
}

/** Change against the previous period: relative, or in points where the value is a share. */
export function change(now: number | null, before: number | null, unit: Unit): Change | null {
	if (now === null || before === null) return null;
	if (unit === "percent") return sized((now - before) * 100, (n) => `${n} pp`);
	if (before === 0) return now === 0 ? { text: "0%", direction: "same" } : { text: "new", direction: "up" };
	return sized(((now - before) / Math.abs(before)) * 100, (n) => `${n}%`);
}

function sized(by: number, word: (digits: string) => string): Change {
	const size = Math.abs(by);
	const digits =
		size >= 1000 ? short(Math.round(size)) : size >= 10 ? String(Math.round(size)) : String(Number(size.toFixed(1)));
	if (Number(size.toFixed(1)) === 0) return { text: word("0"), direction: "same" };
	return { text: `${by > 0 ? "+" : "−"}${word(digits)}`, direction: by > 0 ? "up" : "down" };
}

/** `0.2 s`, `4 s`, `3 min`, `2 h`. */
export function lag(ms: number): string {
	if (ms < 950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
	if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
	if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`;
	return `${Math.round(ms / 3_600_000)} h`;
}

/** How long somebody has to wait, in words: `12 seconds`, `15 minutes`. Rounded up: never too soon. */
export function wait(ms: number): string {
	const seconds = Math.max(1, Math.ceil(ms / 1000));
	const [n, unit] =
		seconds < 120
			? [seconds, "second"]
			: seconds < 7200
				? [Math.ceil(seconds / 60), "minute"]
				: [Math.ceil(seconds / 3600), "hour"];
	return `${n} ${unit}${n === 1 ? "" : "s"}`;
}
