/** Events into live funnels (../funnel-live.ts): matched as a scan matches them, table by table or from the archive. */
import { FLAG, NO_SESSION } from "../flag.ts";
import type { LiveFunnel, LiveFunnelRules } from "../funnel-live.ts";
import { SESSION_LATENESS } from "../session.ts";
import type { FunnelSteps } from "./funnel.ts";
import { type Asked, matchBits, namesIn } from "./question.ts";
import type { VisitorRows } from "./rows.ts";

const UNCOUNTED = FLAG.late | FLAG.bot;
/** An event decides by itself whether it matches: no range is looked at. */
const ALWAYS: Asked = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, where: null };

/** The rules of a funnel's automaton. */
export function liveRules(
	{ steps, windowMs, order, reentry, count }: FunnelSteps,
	more: Pick<LiveFunnelRules, "period" | "horizonMs" | "maxEvents">,
): LiveFunnelRules {
	return { steps: steps.length, windowMs, order, reentry, count, ...more };
}

/** A definition made ready for matching. */
export class FunnelFeed {
	/** Names of the events that matter; null: any may. */
	readonly names: readonly string[] | null;
	readonly #steps: Parameters<typeof matchBits>[1];
	readonly #exclusions: Parameters<typeof matchBits>[1];
	readonly #ofSessions: boolean;

	constructor({ steps, exclusions, order, count }: FunnelSteps) {
		this.names = order === "strict" || count === "sessions" ? null : namesIn([...steps, ...exclusions]);
		this.#steps = steps.map((match, k) => ({ ...match, bit: 1 << k }));
		this.#exclusions = exclusions.map((match) => ({ ...match, bit: 1 << (match.after - 1) }));
		this.#ofSessions = count === "sessions";
	}

	/**
	 * Adds events, in their order; to be drained. What is older than the automaton's horizon is given up and counted,
	 * unless they are all there are of their visitors (`whole`).
	 */
	add(funnel: LiveFunnel, rows: VisitorRows, whole: boolean): void {
		const steps = matchBits(ALWAYS, this.#steps, rows);
		const excluded = this.#exclusions.length === 0 ? null : matchBits(ALWAYS, this.#exclusions, rows);
		const [ts, flags] = [rows.number("ts"), rows.number("flags")];
		const [hi, lo] = [rows.number("visitor_hi"), rows.number("visitor_lo")];
		const received = this.#ofSessions ? rows.number("received_at") : null;
		const out = this.#ofSessions ? NO_SESSION : UNCOUNTED;
		const { horizon } = funnel;
		for (let row = 0; row < rows.rows; row++) {
			const bits = steps[row] as number;
			const not = excluded === null ? 0 : (excluded[row] as number);
			if (((flags[row] as number) & out) !== 0 || !funnel.wants(bits, not)) continue;
			const t = ts[row] as number;
			if (received !== null && (received[row] as number) - t > SESSION_LATENESS) continue;
			if (whole || t >= horizon) funnel.add(hi[row] as number, lo[row] as number, t, bits, not, "");
			else if ((bits | not) !== 0) funnel.lose(t);
		}
	}
}
