import { type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import type * as z from "zod";
import type { Filter } from "../../../schema/expression.ts";
import type { RawMeta } from "../../../schema/query.ts";
import type { FunnelDefinition } from "../../../schema/questions.ts";
import type { SavedFunnel, SavedSegment } from "../../../schema/saved.ts";
import { fetchValues } from "../api.ts";
import { knownFields } from "../filter/fields.ts";
import { may } from "../key.ts";
import { type Loaded, useLoaded } from "../loader.ts";
import { rangeQuery } from "../model/range.ts";
import { show, useWorkspace, view } from "../state.ts";
import { fetchFields, funnelResource } from "./api.ts";
import { readForm, writeForm } from "./model/forms.ts";
import { Shelf } from "./shelf.ts";

/** What the pages of questions share. */
export interface Explored {
	/** Names that filters and breakdowns take. */
	fields: ReadonlySignal<string[]>;
	segments: Shelf<SavedSegment, Filter>;
	funnels: Shelf<SavedFunnel, FunnelDefinition>;
	/** May the person save? */
	canSave: boolean;
	/** Values that a field had lately, most frequent first; none where nobody keeps them. */
	suggest(field: string): Promise<string[]>;
}

export const ExploredContext = createContext<Explored | null>(null);

export function useExplored(): Explored {
	const explored = useContext(ExploredContext);
	if (!explored) throw new Error("outside of the pages of questions");
	return explored;
}

/** As many as a person looks through. */
const SUGGESTED = 100;

const lately = (field: string): Promise<string[]> =>
	fetchValues(field, { from: "now-30d", limit: SUGGESTED }).then(
		({ values }) => values.map(({ value }) => value),
		() => [],
	);

/** Once a page is opened; what is saved and what can be asked is then known to all of them. */
export function useNewExplored(): Explored {
	const { site, segments } = useWorkspace();
	const [explored, fields] = useMemo(() => {
		const known = signal(knownFields(site.dimensions));
		const suggested = new Map<string, Promise<string[]>>();
		const made: Explored = {
			fields: known,
			segments,
			funnels: new Shelf(funnelResource),
			canSave: may("edit"),
			suggest(field) {
				const found = suggested.get(field) ?? lately(field);
				suggested.set(field, found);
				return found;
			},
		};
		return [made, known] as const;
	}, [site, segments]);
	useEffect(() => {
		explored.segments.load();
		explored.funnels.load();
		fetchFields().then(
			(names) => {
				if (names) fields.value = names;
			},
			() => {}, // the list that every site has is there already
		);
	}, [explored, fields]);
	return explored;
}

/** A page's form: read from the URL, and written to it with every change. `push`: a step that "back" undoes. */
export function useForm<Form extends object>(schema: z.ZodType<Form>) {
	const { question } = view.value;
	const { form, broken } = useMemo(() => readForm(schema, question), [schema, question]);
	const change = (next: Partial<Form>, push = false) =>
		show({ question: writeForm(schema, { ...form, ...next }) }, !push);
	return { form, broken, change };
}

/** The range as a question has it. */
export function rangeOf() {
	const { from, to } = rangeQuery(view.value.range);
	return { from, to };
}

/** An answer that took no longer is asked again while events arrive; others wait for the button. */
const CHEAP_MS = 250;

export type Answered<T> = Loaded<T> & {
	retry: () => void;
	/** Asks for what can be read in time, where the whole answer takes too long. */
	settle: () => void;
};

/** Loads the answer to a question: anew when it changes, and by itself as long as that costs little. */
export function useAnswer<Question extends object, T extends { meta: RawMeta }>(
	question: Question,
	work: (question: Question, signal: AbortSignal) => Promise<T>,
): Answered<T> {
	const { slowTick } = useWorkspace();
	const beat = useMemo(() => signal(0), []);
	const name = JSON.stringify(question);
	// Only of the question for which somebody settled
	const [settled, setSettled] = useState("");
	const asked = settled === name ? { ...question, partial: true } : question;
	const loaded = useLoaded(JSON.stringify(asked), (abort) => work(asked, abort), beat);
	const cheap = loaded.data !== null && loaded.data.meta.took_ms <= CHEAP_MS && !loaded.stale;
	const tick = slowTick.value;
	// Only the passing of time asks again, not the answer to that
	useEffect(() => {
		if (cheap) beat.value++;
	}, [tick]);
	return { ...loaded, settle: () => setSettled(name) };
}
