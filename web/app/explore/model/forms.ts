/**
 * What each page asks: the question of the API without its range and its technicalities, so that the validator of the
 * wire also reads links. It comes with these pages only (they are loaded when first opened), never with the Overview.
 */
import * as z from "zod";
import { Filter } from "../../../../schema/expression.ts";
import { MEASURES } from "../../../../schema/metric.ts";
import { INTERVALS } from "../../../../schema/query.ts";
import {
	FunnelQuestion,
	LifecycleQuestion,
	PathsQuestion,
	RetentionQuestion,
	VisitorsQuestion,
} from "../../../../schema/questions.ts";

/** What the page itself adds when it asks. */
const added = { kind: true, from: true, to: true, timezone: true, explain: true, partial: true } as const;
const PAGEVIEWS = { event: "pageview", filters: [] };

export const SegmentationForm = z.strictObject({
	metric: z.string().min(1).max(64).default("*"),
	measure: z.enum(MEASURES).default("uniques"),
	interval: z.enum(INTERVALS).default("auto"),
	filters: z.array(Filter).max(20).default([]),
	groupBy: z.array(z.string().min(1).max(80)).max(2).default([]),
	/** Groups shown; the rest are `(other)`. */
	limit: z.int().min(1).max(50).default(5),
	compare: z.boolean().default(false),
	/** Count visitors one by one, where estimates would be faster. */
	exact: z.boolean().default(false),
});
export type SegmentationForm = z.infer<typeof SegmentationForm>;

export const FunnelForm = FunnelQuestion.omit(added).extend({
	steps: FunnelQuestion.shape.steps.default([PAGEVIEWS, { event: "*", filters: [] }]),
	/** Id of the saved funnel that this one began as. */
	saved: z.string().max(64).optional(),
});
export type FunnelForm = z.infer<typeof FunnelForm>;

export const RetentionForm = RetentionQuestion.omit(added).extend({
	start: RetentionQuestion.shape.start.default({ event: "*", filters: [] }),
	return: RetentionQuestion.shape.return.default({ event: "*", filters: [] }),
});
export type RetentionForm = z.infer<typeof RetentionForm>;

export const PathsForm = PathsQuestion.omit(added).extend({ anchor: PathsQuestion.shape.anchor.default(PAGEVIEWS) });
export type PathsForm = z.infer<typeof PathsForm>;

export const LifecycleForm = LifecycleQuestion.omit(added);
export type LifecycleForm = z.infer<typeof LifecycleForm>;

export const VisitorsForm = VisitorsQuestion.omit(added).extend({
	/** The one whose profile is open. */
	visitor: z
		.string()
		.regex(/^[0-9a-f]{16}$/)
		.optional(),
});
export type VisitorsForm = z.infer<typeof VisitorsForm>;

export const EventsForm = z.strictObject({ filters: z.array(Filter).max(20).default([]) });
export type EventsForm = z.infer<typeof EventsForm>;

/** `broken`: the link says something that this version cannot read; the form is then the default one. */
export function readForm<Form>(schema: z.ZodType<Form>, text: string): { form: Form; broken: boolean } {
	if (text === "") return { form: schema.parse({}), broken: false };
	try {
		return { form: schema.parse(JSON.parse(text)), broken: false };
	} catch {
		return { form: schema.parse({}), broken: true };
	}
}

/** The form as the link has it: JSON of what differs from the default; "" where nothing does. */
export function writeForm<Form extends object>(schema: z.ZodType<Form>, form: Form): string {
	const defaults = new Map<string, unknown>(Object.entries(schema.parse({})));
	const said = Object.entries(form).filter(
		([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults.get(name)),
	);
	return said.length === 0 ? "" : JSON.stringify(Object.fromEntries(said));
}
