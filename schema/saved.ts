/** Saved segments (cohorts) and funnels: the resources, and what it means that one segment refers to another. */
import * as z from "zod";
import { Filter, MAX_CONDITIONS, MAX_DEPTH } from "./expression.ts";
import { FunnelDefinition } from "./questions.ts";

/** Saved segments that may be nested in one another, the outermost counted. */
export const MAX_REFERENCES = 5;

const name = z.string().trim().min(1).max(100);
/** What a change started from. */
const version = z.int().positive();

export const NewSegment = z.strictObject({ name, filter: Filter });
export const SegmentChange = NewSegment.extend({ version });
export const NewFunnel = z.strictObject({ name, definition: FunnelDefinition });
export const FunnelChange = NewFunnel.extend({ version });

/** Times are epoch ms. */
const saved = { id: z.string(), name: z.string(), version: z.int(), created_at: z.number(), updated_at: z.number() };
export const SavedSegment = z.object({ ...saved, filter: Filter });
export type SavedSegment = z.infer<typeof SavedSegment>;
export const SavedFunnel = z.object({
	...saved,
	definition: FunnelDefinition,
	/** Counted as events arrive, as `metric`; or not, and why. Any can be asked for ad hoc. */
	live: z.boolean(),
	metric: z.string().optional(),
	live_reason: z.string().optional(),
});
export type SavedFunnel = z.infer<typeof SavedFunnel>;

/** What is directly inside a filter. */
function parts(filter: Filter): readonly Filter[] {
	if ("and" in filter) return filter.and;
	if ("or" in filter) return filter.or;
	if ("not" in filter) return [filter.not];
	return "did" in filter && filter.where !== undefined ? [filter.where] : [];
}

/** Ids of the saved segments that these filters name themselves. */
export function segmentsIn(filters: readonly Filter[]): Set<string> {
	const found = new Set<string>();
	const look = (filter: Filter): void => {
		if ("segment" in filter) found.add(filter.segment);
		for (const part of parts(filter)) look(part);
	};
	for (const filter of filters) look(filter);
	return found;
}

/** Names of the events that these filters ask after. */
export function eventsIn(filters: readonly Filter[]): string[] {
	return filters.flatMap((filter) => [...("did" in filter ? [filter.did] : []), ...eventsIn(parts(filter))]);
}

/** All filters of a funnel. */
export const filtersOf = ({ steps, exclusions }: FunnelDefinition): Filter[] =>
	[...steps, ...exclusions].flatMap(({ filters }) => filters);

/** How large a filter is once its references are replaced. */
interface Size {
	conditions: number;
	depth: number;
	/** Saved segments nested in it. */
	references: number;
}

/**
 * Saved segments by id, to be put in the place of references. Measures before it builds: a few that each name
 * another a hundred times would be 100⁵ conditions.
 */
export class Segments {
	readonly #filters: ReadonlyMap<string, Filter>;
	readonly #sizes = new Map<string, Size>();
	readonly #inlined = new Map<string, Filter>();

	constructor(filters: ReadonlyMap<string, Filter>) {
		this.#filters = filters;
	}

	/** The filter without references. @throws RangeError that says what is wrong: unknown, in a circle, too large. */
	inline(filter: Filter): Filter {
		this.check(filter);
		return this.#replace(filter);
	}

	/** @throws RangeError as `inline`. `id`: the segment that the filter is of. */
	check(filter: Filter, id?: string): void {
		const { conditions, depth, references } = this.#measure(filter, id === undefined ? [] : [id]);
		if (conditions > MAX_CONDITIONS) {
			throw new RangeError(`A filter has at most ${MAX_CONDITIONS} conditions, those of its segments counted`);
		}
		if (depth > MAX_DEPTH) throw new RangeError(`A filter nests at most ${MAX_DEPTH} deep, its segments counted`);
		if (references + (id === undefined ? 0 : 1) > MAX_REFERENCES) {
			throw new RangeError(`At most ${MAX_REFERENCES} saved segments nest in one another`);
		}
	}

	#measure(filter: Filter, path: readonly string[]): Size {
		if ("segment" in filter) return this.#measureSegment(filter.segment, path);
		const inner = parts(filter).map((part) => this.#measure(part, path));
		const most = (key: keyof Size) => inner.reduce((high, size) => Math.max(high, size[key]), 0);
		const own = "dim" in filter || "did" in filter ? 1 : 0;
		return {
			conditions: inner.reduce((sum, { conditions }) => sum + conditions, own),
			depth: 1 + most("depth"),
			references: most("references"),
		};
	}

	#measureSegment(id: string, path: readonly string[]): Size {
		if (path.includes(id)) throw new RangeError(`The segment ${JSON.stringify(id)} refers to itself`);
		const known = this.#sizes.get(id);
		if (known !== undefined) return known;
		const filter = this.#filters.get(id);
		if (filter === undefined) throw new RangeError(`There is no saved segment ${JSON.stringify(id)}`);
		const inner = this.#measure(filter, [...path, id]);
		const size = { ...inner, references: inner.references + 1 };
		this.#sizes.set(id, size);
		return size;
	}

	#replace(filter: Filter): Filter {
		if ("segment" in filter) return this.#segment(filter.segment);
		if ("and" in filter) return { and: filter.and.map((part) => this.#replace(part)) };
		if ("or" in filter) return { or: filter.or.map((part) => this.#replace(part)) };
		if ("not" in filter) return { not: this.#replace(filter.not) };
		return "did" in filter && filter.where !== undefined ? { ...filter, where: this.#replace(filter.where) } : filter;
	}

	#segment(id: string): Filter {
		const known = this.#inlined.get(id) ?? this.#replace(this.#filters.get(id) as Filter);
		this.#inlined.set(id, known);
		return known;
	}
}
