export const SPARK_WIDTH = 100;
export const SPARK_HEIGHT = 28;
/** As many points as a line of some hundred pixels can show without turning to noise. */
const MOST_POINTS = 32;

/** Means of neighbours, so that a small line shows the shape and not the noise; all of nothing stays nothing. */
export function thin(values: readonly (number | null)[], most = MOST_POINTS): (number | null)[] {
	const size = Math.ceil(values.length / most);
	if (size <= 1) return [...values];
	const means: (number | null)[] = [];
	for (let at = 0; at < values.length; at += size) {
		const known = values.slice(at, at + size).filter((value) => value !== null);
		means.push(known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length);
	}
	return means;
}

/**
 * The path of a small line, gaps left open; empty where there is nothing to draw.
 *
 * @param zero counts stand on zero; averages are drawn between their own extremes
 */
export function sparkPath(values: readonly (number | null)[], zero = true): string {
	const known = values.filter((value) => value !== null);
	const top = Math.max(0, ...known);
	const least = Math.min(top, ...known);
	// An average's floor lies below its least value, so that a calm line hangs in the middle.
	const floor = zero ? 0 : Math.max(0, least - (top - least));
	const step = values.length > 1 ? SPARK_WIDTH / (values.length - 1) : 0;
	let path = "";
	let pen = false;
	values.forEach((value, i) => {
		if (value === null) {
			pen = false;
			return;
		}
		const height = top === floor ? 0 : ((value - floor) / (top - floor)) * (SPARK_HEIGHT - 3);
		path += `${pen ? "L" : "M"}${(i * step).toFixed(1)} ${(SPARK_HEIGHT - 1 - height).toFixed(1)}`;
		pen = true;
	});
	return path;
}
