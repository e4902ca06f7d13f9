/** Panels and answers for tests: what is left out has its default. */
import { Panel, type PanelInput, type PanelKind, type PanelOf } from "../../../../schema/dashboard.ts";
import type { PanelAnswer, PanelResult } from "../../../../schema/panel.ts";
import { metaOf } from "../../../../schema/query.testing.ts";
import type { Answer, Series } from "../../../../schema/query.ts";

const isKind = <K extends PanelKind>(panel: Panel, kind: K): panel is PanelOf<K> => panel.kind === kind;

export function panelOf<K extends PanelKind>(kind: K, fields: Partial<Extract<PanelInput, { kind: K }>>): PanelOf<K> {
	const panel = Panel.parse({ id: "p", grid: { x: 0, y: 0, w: 12, h: 8 }, queries: [{ ref: "A" }], ...fields, kind });
	if (!isKind(panel, kind)) throw new Error(`not a ${kind}`);
	return panel;
}

/** Of the first four hours of 22 November 2026. */
const meta = metaOf({ sources: ["d1"], from: "2026-11-22T00:00:00Z", to: "2026-11-22T04:00:00Z" });

/** Hours from midnight of 22 November 2026 on. */
export const hours = (values: readonly (number | null)[], group: Series["group"] = {}, day = 22): Series => ({
	group,
	points: values.map((value, i) => [new Date(Date.UTC(2026, 10, day, i)).toISOString(), value]),
	total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
});

export const resultOf = (
	ref: PanelResult["ref"],
	answer: Partial<Answer>,
	rest: Partial<PanelResult> = {},
): PanelResult => ({ ref, answer: { meta, ...answer }, live: null, ...rest });

export const answerOf = (...results: PanelResult[]): PanelAnswer => ({
	title: "",
	description: "",
	results,
	from: Date.UTC(2026, 10, 22),
	to: Date.UTC(2026, 10, 22, 4),
	timezone: "UTC",
});
