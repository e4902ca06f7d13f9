import type { FunnelStep } from "../../../../schema/questions.ts";

type Histogram = NonNullable<FunnelStep["times"]>["histogram"];

export interface Bar {
	/** Shares of the whole width and height, 0 to 1. */
	x: number;
	width: number;
	height: number;
	from: number;
	to: number;
	count: number;
}

/** Bars of a time to convert: as wide as their buckets are apart, as high as their counts, the highest filling it. */
export function histogramBars(histogram: Histogram): Bar[] {
	const most = Math.max(0, ...histogram.map((bucket) => bucket.count));
	if (most === 0) return [];
	// Each bucket gets the same width, whatever it spans: buckets grow with time, and seconds would be too thin to see.
	const width = 1 / histogram.length;
	return histogram.map(({ from_ms, to_ms, count }, i) => ({
		x: i * width,
		width,
		height: count / most,
		from: from_ms,
		to: to_ms,
		count,
	}));
}
