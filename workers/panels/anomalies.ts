/** Where a panel marks what is unusual: the history that its series are judged by, and the judgement of each. */
import { type Bucket, judge } from "../../schema/core/anomaly.ts";
import { parseInstant } from "../../schema/core/range.ts";
import { DAY, HOUR, STEP_MS, zoneOf } from "../../schema/core/zone.ts";
import type { Measure } from "../../schema/metric.ts";
import { OTHER } from "../../schema/metric.ts";
import type { Anomalies, PanelResult } from "../../schema/panel.ts";
import type { Answer, Query, Question, Series } from "../../schema/query.ts";
import type { Site } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { askProxy } from "./ask.ts";
import { MAX_CELLS } from "./limits.ts";

/** History changes at its end only, which the panel's own answer covers. */
const TTL_MS = 300_000;
/** Weeks by which hours and days are judged. */
const WEEKS_MS = 28 * DAY;
/** Buckets by which minutes are judged: four times what the moving baseline spans, so that nothing older weighs. */
const BUCKETS = 240;
/** Series of a query that are judged: more bands than that nobody can read. */
const MAX_SERIES = 10;
const COUNTED: readonly Measure[] = ["count", "uniques", "sessions", "views"];

interface JudgeAsker {
	env: Env;
	site: Site;
	caller: string;
	now: number;
}

/** Of the named series of an answer; empty where there is no history to judge by. `at`: when it was computed, epoch ms. */
export async function anomaliesOf(
	question: Question,
	answer: Answer,
	at: number,
	asker: JudgeAsker,
): Promise<Anomalies[]> {
	if (question.kind !== "timeseries" || question.interval === "auto" || !answer.series?.length) return [];
	const asked = historyOf(question, asker.now, asker.site);
	const buckets = (at - Number(asked.from)) / STEP_MS[question.interval];
	if (buckets * (question.groupBy.length === 0 ? 1 : question.limit + 1) > MAX_CELLS) return [];
	const { env, site, caller } = asker;
	const found = await askProxy(env, site.id, asked, { caller, ttlMs: TTL_MS, fresh: false });
	if (found.status === "problem") return [];
	const history: NonNullable<PanelResult["answer"]> = JSON.parse(found.body);
	const past = "series" in history ? (history.series ?? []) : [];
	return answer.series.flatMap((series, index) => {
		if (index >= MAX_SERIES || Object.values(series.group).includes(OTHER)) return [];
		return judged(series, past.find(sameGroup(series)), index, question, at) ?? [];
	});
}

/** The same question from further back, rounded so that it is the same for a while. */
function historyOf(question: Query, now: number, site: Site): Query {
	const { compare: _, ...rest } = question;
	const context = { now, zone: zoneOf(question.timezone ?? site.zone), weekStart: site.week_start };
	const since = parseInstant(question.from, "from", context);
	const step = question.interval === "auto" ? HOUR : STEP_MS[question.interval];
	const [reach, grain] = step < HOUR ? [BUCKETS * step, 60 * step] : [Math.max(WEEKS_MS, 60 * step), DAY];
	const from = since - reach;
	return { ...rest, explain: false, from: from - (from % grain) };
}

const sameGroup = ({ group }: Series) => {
	const key = JSON.stringify(group);
	return (other: Series) => JSON.stringify(other.group) === key;
};

function judged(
	series: Series,
	past: Series | undefined,
	index: number,
	question: Query,
	at: number,
): Anomalies | null {
	const [first] = series.points;
	if (first === undefined || question.interval === "auto") return null;
	const from = Date.parse(first[0]);
	const own = series.points.map(([t, value]): Bucket => ({ t: Date.parse(t), value }));
	const older = (past?.points ?? [])
		.map(([t, value]): Bucket => ({ t: Date.parse(t), value }))
		.filter(({ t }) => t < from);
	const zone = zoneOf(question.timezone ?? "UTC");
	const counts = COUNTED.includes(question.measure);
	const { band, points } = judge([...older, ...own], { step: question.interval, zone, now: at, from, counts });
	const text = new Map(series.points.map(([t]) => [Date.parse(t), t]));
	const timed = <T extends { t: number }>(all: readonly T[]) =>
		all.map((one) => ({ ...one, t: text.get(one.t) ?? "" }));
	return { series: index, band: timed(band), points: timed(points) };
}
