import { change, type Unit } from "../model/format.ts";

interface MovedProps {
	now: number | null;
	/** Null or undefined: nobody knows, or asked. */
	before: number | null | undefined;
	unit: Unit;
	/** Which way is good news; null: nobody can say. */
	good: "up" | "down" | null;
	/** What it was before, in words. */
	title: string;
	/** Is it one of several, some of which had something before? Then it is worth a word that this one had not. */
	among?: boolean;
}

const TONES = { up: { up: "good", down: "bad" }, down: { up: "bad", down: "good" } } as const;
const NOTHING_BEFORE = "Nothing in the previous period";

/**
 * A figure against the previous period: an arrow, and a colour only where it is known which way is good. Where there was
 * nothing before, nothing is seen: on a new site everything would be new.
 */
export function Moved({ now, before, unit, good, title, among = false }: MovedProps) {
	if (before === 0 && unit !== "percent") {
		if (!now) return null;
		if (!among) return <span class="sr-only">{NOTHING_BEFORE}</span>;
		return (
			<span class="change flat" title={NOTHING_BEFORE}>
				new
			</span>
		);
	}
	const moved = change(now, before ?? null, unit);
	if (moved === null) return null;
	const { direction, text } = moved;
	const tone = direction === "same" || good === null ? "flat" : TONES[good][direction];
	return (
		<span class={`change ${tone}`} title={title}>
			{direction !== "same" && (
				<svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
					<path d={direction === "up" ? "M4 1 7.4 7H.6Z" : "M4 7 .6 1h6.8Z"} fill="currentColor" />
				</svg>
			)}
			{text}
		</span>
	);
}
