/** Puts saved segments into the place of the references to them, wherever a question has filters. */
import type { Filter } from "../../schema/expression.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { Question } from "../../schema/query.ts";
import type { EventMatch, FunnelDefinition, RawQuestion } from "../../schema/questions.ts";
import { segmentsIn } from "../../schema/saved.ts";
import type { Env } from "../env.ts";
import { segmentProblem, segmentsOf } from "../store/saved.ts";

type Replace = (filter: Filter) => Filter;

/** The question without references. Problem 422 `segment` for one that is not there. */
export async function withSegments<Q extends Question>(env: Env, tenant: TenantId, question: Q): Promise<Q> {
	const filters: Filter[] = [];
	mapFilters(question, (filter) => {
		filters.push(filter);
		return filter;
	});
	if (segmentsIn(filters).size === 0) return question;
	const segments = await segmentsOf(env, tenant);
	try {
		return mapFilters(question, (filter) => segments.inline(filter));
	} catch (error) {
		throw segmentProblem(error);
	}
}

/** The question with each of its filters replaced. */
export function mapFilters<Q extends Question>(question: Q, replace: Replace): Q {
	return { ...question, filters: question.filters.map(replace), ...inKind(question, replace) };
}

function inKind(question: Question, replace: Replace): Partial<RawQuestion> {
	switch (question.kind) {
		case "funnel":
			return inFunnel(question, replace);
		case "retention":
			return { start: inMatch(question.start, replace), return: inMatch(question.return, replace) };
		case "paths":
			return { anchor: inMatch(question.anchor, replace) };
		case "visitors":
			return question.funnel === undefined
				? {}
				: { funnel: { ...question.funnel, ...inFunnel(question.funnel, replace) } };
		default:
			return {};
	}
}

const inMatch = <M extends EventMatch>(match: M, replace: Replace): M => ({
	...match,
	filters: match.filters.map(replace),
});

const inFunnel = ({ steps, exclusions }: Pick<FunnelDefinition, "steps" | "exclusions">, replace: Replace) => ({
	steps: steps.map((step) => inMatch(step, replace)),
	exclusions: exclusions.map((exclusion) => inMatch(exclusion, replace)),
});
