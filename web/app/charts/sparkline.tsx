import { SPARK_HEIGHT, SPARK_WIDTH, sparkPath, thin } from "../model/spark.ts";

/** Decoration beside a number that says the same: hidden from screen readers. */
export function Sparkline({ values, zero }: { values: readonly (number | null)[]; zero: boolean }) {
	return (
		<svg class="spark" viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
			<path d={sparkPath(thin(values), zero)} />
		</svg>
	);
}
