/** Whether something takes linear time, as a ratio in one run: seconds are the machine's. */

/** How much more is asked for. */
const TIMES = 8;
const TRIES = 4;
/** Linear is 8, quadratic 64. */
export const LINEAR = 24;

/** How many times as long `run(8 n)` takes as `run(n)`, by the quickest of a few tries of each. */
export function growth(run: (n: number) => void, n: number): number {
	const took = (size: number) => {
		const began = performance.now();
		run(size);
		return performance.now() - began;
	};
	const least = (size: number) => Math.min(...Array.from({ length: TRIES }, () => took(size)));
	return least(TIMES * n) / least(n);
}
