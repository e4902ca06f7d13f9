/**
 * Retention (semantics: "Retention"): in which periods after their first a visitor came back. Pure arithmetic over
 * numbered periods; which event is in which period, and what the numbers mean, scan/retention.ts knows.
 */
export interface RetentionRules {
	/** Periods 0 to `cohorts` - 1 are those that visitors may begin in. */
	cohorts: number;
	/** Periods told of each cohort, after its period 0. */
	periods: number;
	/** first: a visitor is in the cohort of its first start. recurring: in that of each period with one. */
	mode: "first" | "recurring";
	/** on: back in exactly that period. on_or_after: in it, or in any later one. */
	on: "on" | "on_or_after";
}

/** Counts by cohort × (periods + 1); period 0 is the cohort's size. */
export const retentionCells = ({ cohorts, periods }: RetentionRules) => cohorts * (periods + 1);

/**
 * Adds a visitor. `starts` and `returns` are the periods of its events, ascending, repeats allowed; negative for what
 * came before the first cohort, which matters to `first` only.
 */
export function addVisitor(
	rules: RetentionRules,
	counts: { [cell: number]: number },
	starts: readonly number[],
	returns: readonly number[],
): void {
	const last = returns.at(-1) ?? Number.NEGATIVE_INFINITY;
	for (let i = 0; i < starts.length; i++) {
		const cohort = starts[i] as number;
		if (rules.mode === "first" && i > 0) return;
		if (cohort < 0 || cohort >= rules.cohorts || cohort === starts[i - 1]) continue;
		const row = cohort * (rules.periods + 1);
		counts[row] = (counts[row] ?? 0) + 1;
		if (rules.on === "on_or_after") addUpTo(rules, counts, row, last - cohort);
		else addReturns(rules, counts, row, cohort, returns);
	}
}

function addUpTo(rules: RetentionRules, counts: { [cell: number]: number }, row: number, last: number): void {
	for (let period = 1; period <= rules.periods && period <= last; period++)
		counts[row + period] = (counts[row + period] ?? 0) + 1;
}

function addReturns(
	rules: RetentionRules,
	counts: { [cell: number]: number },
	row: number,
	cohort: number,
	returns: readonly number[],
): void {
	for (let i = 0; i < returns.length; i++) {
		const period = (returns[i] as number) - cohort;
		if (period < 1 || period > rules.periods || returns[i] === returns[i - 1]) continue;
		counts[row + period] = (counts[row + period] ?? 0) + 1;
	}
}

export interface Cohort {
	size: number;
	/** Period 0, 1, …; null: it has not begun. `complete` false: it is not over. */
	values: ({ count: number; rate: number; complete: boolean } | null)[];
}

/** Counts as cohorts. `begins(p)`: when period p begins (p up to cohorts + periods). */
export function cohortsOf(
	{ cohorts, periods }: RetentionRules,
	counts: ArrayLike<number>,
	begins: (period: number) => number,
	now: number,
): Cohort[] {
	return Array.from({ length: cohorts }, (_, cohort) => {
		const row = cohort * (periods + 1);
		const size = counts[row] ?? 0;
		const values = Array.from({ length: periods + 1 }, (_, period) => {
			if (begins(cohort + period) > now) return null;
			const count = counts[row + period] ?? 0;
			const rate = size === 0 ? 0 : count / size;
			return { count, rate, complete: begins(cohort + period + 1) <= now };
		});
		return { size, values };
	});
}

/** By period: what share of the visitors of all cohorts whose period is over came back; null where there are none. */
export function meanOf({ periods }: RetentionRules, cohorts: readonly Cohort[]): (number | null)[] {
	return Array.from({ length: periods + 1 }, (_, period) => {
		let [back, all] = [0, 0];
		for (const { size, values } of cohorts) {
			const value = values[period];
			if (value?.complete !== true) continue;
			back += value.count;
			all += size;
		}
		return all === 0 ? null : back / all;
	});
}
