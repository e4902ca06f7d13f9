/**
 * A formula of a panel over the answers of its queries: bucket by bucket and group by group. The same in the browser,
 * where the newest buckets come by socket, and on the server, for CSV and digests.
 */
import { evaluate, type Formula, parseFormula, refsOf } from "./core/formula.ts";
import { OTHER } from "./core/label.ts";
import type { Ref } from "./dashboard.ts";
import type { Answer, BreakdownRow, Series } from "./query.ts";

export interface FormulaAnswer {
	series: Series[];
	compare?: Series[];
	/** Where the queries are breakdowns. */
	table?: BreakdownRow[];
}

/** Measures of which nothing is 0: a group that is missing from a whole list has none of it. */
const COUNTED: readonly string[] = ["count", "rate", "uniques", "sum", "sessions", "views"];

/** Queries whose missing groups are 0, for `formulaSeries`. */
export const countedRefs = (queries: readonly { ref: Ref; measure: string }[]): Set<Ref> =>
	new Set(queries.filter(({ measure }) => COUNTED.includes(measure)).map(({ ref }) => ref));

/**
 * Joins the queries' series by the values of their groups; one without groups goes with every group. A group that only
 * some of them have has no value, but where those that lack it are `counted` and have no `(other)` it may be part of.
 * `(other)` is left out unless all of them name the same groups, because it then holds different ones.
 *
 * @throws RangeError for an expression that is none, with the place and what is wrong.
 */
export function formulaSeries(
	expression: string,
	answersByRef: ReadonlyMap<Ref, Answer>,
	counted: ReadonlySet<Ref> = new Set(),
): FormulaAnswer {
	const formula = parseFormula(expression);
	const refs: Ref[] = refsOf(formula);
	const used = refs.length === 0 ? [...answersByRef.keys()].slice(0, 1) : refs;
	const answers = used.flatMap((ref) => {
		const answer = answersByRef.get(ref);
		return answer === undefined ? [] : [{ ref, answer, counted: counted.has(ref) }];
	});
	// A query that is missing, or failed, leaves nothing to compute.
	if (answers.length < used.length) return { series: [] };
	const joinOf = (period: (answer: Answer) => readonly Series[]) =>
		joined(answers.map(({ answer, ...query }) => ({ ...query, members: period(answer) }))).map((group) =>
			seriesOf(formula, group),
		);
	const series = joinOf(({ series = [] }) => series);
	const compared = answers.every(({ answer }) => answer.compare !== undefined);
	const tabled = answers.every(({ answer }) => answer.table !== undefined);
	return {
		series,
		...(compared && { compare: joinOf(({ compare = [] }) => compare) }),
		...(tabled && { table: tableOf(formula, answers) }),
	};
}

interface Grouped {
	group: Record<string, string>;
}

/** A query's series, or rows of its table. */
interface Members<T extends Grouped> {
	ref: Ref;
	counted: boolean;
	members: readonly T[];
}

interface Joined<T extends Grouped> {
	group: Record<string, string>;
	/** Of each query the member of this group; `zero`: it is not there because there was nothing of it. */
	parts: { ref: Ref; member: T | undefined; zero: boolean }[];
}

const keyOf = ({ group }: Grouped) => Object.values(group).join("\x1f");
const isOther = ({ group }: Grouped) => Object.values(group).every((value) => value === OTHER);
/** Of a query without groups, one member with no labels. */
const isGrouped = ({ members }: Members<Grouped>) => members.some(({ group }) => Object.keys(group).length > 0);

function joined<T extends Grouped>(queries: readonly Members<T>[]): Joined<T>[] {
	const grouped = queries.filter(isGrouped);
	const groups = new Map<string, Record<string, string>>();
	for (const { members } of grouped) for (const member of members) groups.set(keyOf(member), member.group);
	// None has groups: all of them are one. Where none has anything, there is nothing to join.
	if (grouped.length === 0 && queries.some(({ members }) => members.length > 0)) groups.set("", {});
	const sameNames = new Set(grouped.map(namesOf)).size <= 1;
	const byKey = queries.map(({ members }) => new Map(members.map((member) => [keyOf(member), member])));
	return [...groups]
		.filter(([, group]) => sameNames || !isOther({ group }) || Object.keys(group).length === 0)
		.map(([key, group]) => ({ group, parts: queries.map((query, i) => partOf(query, byKey[i]?.get(key))) }))
		.sort((a, b) => Number(isLast(a)) - Number(isLast(b)));
}

/** `(other)` stays last. */
const isLast = ({ group }: Grouped) => Object.keys(group).length > 0 && isOther({ group });

const namesOf = ({ members }: Members<Grouped>) =>
	JSON.stringify(
		members
			.filter((member) => !isOther(member))
			.map(keyOf)
			.sort(),
	);

function partOf<T extends Grouped>(query: Members<T>, own: T | undefined): Joined<T>["parts"][number] {
	const { ref, counted, members } = query;
	if (!isGrouped(query) && members.length > 0) return { ref, member: members[0], zero: false };
	return { ref, member: own, zero: own === undefined && counted && !members.some(isOther) };
}

const computedFor = <T extends Grouped>(
	formula: Formula,
	{ parts }: Joined<T>,
	read: (member: T) => number | null | undefined,
) =>
	evaluate(
		formula,
		Object.fromEntries(
			parts.map(({ ref, member, zero }) => [ref, member === undefined ? (zero ? 0 : null) : (read(member) ?? null)]),
		),
	);

function seriesOf(formula: Formula, joined: Joined<Series>): Series {
	const members = joined.parts.flatMap(({ member }) => member ?? []);
	const byTime = new Map(members.map((member) => [member, new Map(member.points)]));
	const partial = members.flatMap(({ partial_from }) => partial_from ?? []).sort(byInstant)[0];
	return {
		group: joined.group,
		points: timesOf(members).map((t) => [t, computedFor(formula, joined, (member) => byTime.get(member)?.get(t))]),
		total: computedFor(formula, joined, ({ total }) => total),
		...(partial !== undefined && { partial_from: partial }),
	};
}

const byInstant = (a: string, b: string) => Date.parse(a) - Date.parse(b);

/** All buckets of the series in order. Mostly they have the same ones. */
function timesOf(members: readonly Series[]): string[] {
	const [first, ...rest] = members;
	const times = new Set(first?.points.map(([t]) => t));
	const size = times.size;
	for (const { points } of rest) for (const [t] of points) times.add(t);
	return times.size === size ? [...times] : [...times].sort(byInstant);
}

function tableOf(formula: Formula, answers: readonly { ref: Ref; counted: boolean; answer: Answer }[]): BreakdownRow[] {
	const queries = answers.map(({ answer, ...query }) => ({ ...query, members: answer.table ?? [] }));
	const previous = answers.every(({ answer }) => answer.table?.some((row) => row.previous !== undefined));
	return joined(queries).map((row) => ({
		group: row.group,
		value: computedFor(formula, row, ({ value }) => value),
		...(previous && { previous: computedFor(formula, row, (member) => member.previous) }),
	}));
}
