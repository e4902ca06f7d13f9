/** Where annotations stand on a chart: moments that would cover each other share one mark. */
import type { Annotation } from "../../../../../schema/annotation.ts";

/** Shares of the chart's width, 0 to 1. */
export interface Mark {
	x: number;
	items: Annotation[];
}
export interface Stretch {
	from: number;
	to: number;
	item: Annotation;
}

/** Marks are no nearer to each other than this, px. */
const APART = 12;

/** `from`, `to`: what the chart shows, epoch ms. */
export function placed(
	annotations: readonly Annotation[],
	{ from, to, width }: { from: number; to: number; width: number },
): { marks: Mark[]; stretches: Stretch[] } {
	const inside = annotations.filter(({ at, until }) => at <= to && (until ?? at) >= from).sort((a, b) => a.at - b.at);
	const share = (at: number) => Math.min(1, Math.max(0, (at - from) / Math.max(1, to - from)));
	const marks: Mark[] = [];
	for (const item of inside) {
		const x = share(item.at);
		const last = marks.at(-1);
		if (last && (x - last.x) * width < APART) last.items.push(item);
		else marks.push({ x, items: [item] });
	}
	const stretches = inside.flatMap((item) =>
		item.until === null || item.until <= item.at ? [] : [{ from: share(item.at), to: share(item.until), item }],
	);
	return { marks, stretches };
}
