/** Durations as the API writes them (`30m`), and as people say them. */
export const UNITS = [
	["s", "second", 1_000],
	["m", "minute", 60_000],
	["h", "hour", 3_600_000],
	["d", "day", 86_400_000],
	["w", "week", 604_800_000],
] as const;
export type DurationUnit = (typeof UNITS)[number][0];

export interface Amount {
	count: number;
	unit: DurationUnit;
}

const FALLBACK: Amount = { count: 7, unit: "d" };

export function readDuration(text: string): Amount {
	const found = /^(\d{1,6})([smhdw])$/.exec(text);
	const unit = UNITS.find(([id]) => id === found?.[2])?.[0];
	return found && unit ? { count: Number(found[1]), unit } : FALLBACK;
}

/** At least one: there is no window of nothing. */
export const writeDuration = ({ count, unit }: Amount): string =>
	`${Math.min(999_999, Math.max(1, Math.round(count) || 1))}${unit}`;

/** `7 days`, `1 hour`. */
export function durationName(text: string): string {
	const { count, unit } = readDuration(text);
	const name = UNITS.find(([id]) => id === unit)?.[1] ?? "";
	return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** A time to convert, in its two largest units: `3d 4h`, `12m 30s`, `0.4s`. */
export function span(ms: number): string {
	if (ms < 1_000) return `${(ms / 1_000).toFixed(1)}s`;
	const seconds = Math.round(ms / 1_000);
	const parts: [number, string][] = [
		[Math.floor(seconds / 86_400), "d"],
		[Math.floor(seconds / 3_600) % 24, "h"],
		[Math.floor(seconds / 60) % 60, "m"],
		[seconds % 60, "s"],
	];
	const first = parts.findIndex(([count]) => count > 0);
	return parts
		.slice(first, first + 2)
		.filter(([count]) => count > 0)
		.map(([count, unit]) => `${count}${unit}`)
		.join(" ");
}
