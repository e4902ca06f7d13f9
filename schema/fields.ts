/** What raw events can be filtered and grouped by, and what such a field is called inside a scan. */
import * as z from "zod";
import { EVENT_COLUMNS } from "./event.ts";
import { CUBE_DIMENSIONS, type Definitions } from "./metric.ts";

/** Columns that hold numbers; the other columns of that kind are the store's own. */
const NUMBERS = ["value", "ts", "received_at"] as const;
/** All text of an event but its props, which are asked for one by one. */
export const TEXT_FIELDS = Object.entries(EVENT_COLUMNS)
	.filter(([name, type]) => type === "str" && name !== "props")
	.map(([name]) => name);
/** Of sessions only: the path of the first event. */
export const ENTRY = "entry";

export const Field = z.object({
	name: z.string(),
	/** `time`: epoch ms. */
	kind: z.enum(["text", "number", "time"]),
	/** `dimension`: windows are cut by it, so that it is answered at once, and live. `open`: they can group by it. */
	store: z.enum(["dimension", "open", "event"]),
});
export type Field = z.infer<typeof Field>;

type Declared = Pick<Definitions, "dimensions">;

const isNumber = (name: string) => NUMBERS.some((number) => number === name);
const isOpen = (name: string) => /^(props|traits)\../.test(name);

/** The named fields. Beside them there is `props.<name>` of any prop, and `traits.<name>` of what `identify` said. */
export function fieldsOf({ dimensions }: Declared, open: readonly string[]): Field[] {
	const cube: string[] = [...CUBE_DIMENSIONS, ...dimensions];
	const texts = TEXT_FIELDS.filter((name) => !cube.includes(name) && !open.includes(name));
	return [
		...cube.map((name): Field => ({ name, kind: "text", store: "dimension" })),
		...open.map((name): Field => ({ name, kind: "text", store: "open" })),
		...texts.map((name): Field => ({ name, kind: "text", store: "event" })),
		...NUMBERS.map((name): Field => ({ name, kind: name === "value" ? "number" : "time", store: "event" })),
	];
}

/** Every name that can be asked for, for advice. */
export const fieldNames = ({ dimensions }: Declared): string[] => [
	...CUBE_DIMENSIONS,
	...dimensions,
	...TEXT_FIELDS.filter((name) => name !== "country" && name !== "device"),
	...NUMBERS,
];

/**
 * The field of a scan, or null where there is none of that name. A declared dimension is a prop, even where a column
 * has its name.
 */
export function scanField(name: string, { dimensions }: Declared): string | null {
	if (dimensions.includes(name)) return `props.${name}`;
	return isOpen(name) || isNumber(name) || TEXT_FIELDS.includes(name) ? name : null;
}

/** Whether groups can be made of it: numbers have too many values to be any use. */
export const isText = (field: string) => !isNumber(field);

/** The dimension of windows that a field is: `props.plan` is `plan` where that is declared. */
export const windowField = (name: string, { dimensions }: Declared): string =>
	name.startsWith("props.") && dimensions.includes(name.slice(6)) ? name.slice(6) : name;
