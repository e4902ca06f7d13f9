import type { Change } from "../../model/format.ts";
import { doubt, type Style, write, writeFull } from "./model/figures.ts";

interface FigureProps {
	value: number | null;
	style: Style;
	/** Undefined: exact. */
	error?: number | null | undefined;
}

/** A number in short, whole on hover; an estimate says that it is one, and between what it lies. */
export function Figure({ value, style, error }: FigureProps) {
	const { rough, said } = doubt(value, error);
	return (
		<span title={[writeFull(value, style), said].filter(Boolean).join(", ")}>
			{rough && <i class="about">~</i>}
			{write(value, style)}
		</span>
	);
}

const TONES = { up: { up: "good", down: "bad" }, down: { up: "bad", down: "good" } } as const;

/** Against the previous period: an arrow, and a colour only where it is known which way is good. */
export function Moved({ change, good, title }: { change: Change | null; good: "up" | "down" | null; title: string }) {
	if (change === null) return null;
	const { direction, text } = change;
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
