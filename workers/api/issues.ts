/** What is wrong with a value, in plain words: the field by its path, what is expected there, and what came instead. */
import type * as z from "zod";

/** `path`: names and places from the outside in, `panels.0.kind`; empty: the whole. */
export interface Fault {
	path: string;
	message: string;
}

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** Why the schema refuses the value, each thing once, in the order of the fields; the value where it does not. */
export function parseInWords<T extends z.ZodType>(
	schema: T,
	value: unknown,
): { data: z.output<T>; faults?: undefined } | { faults: Fault[] } {
	const result = schema.safeParse(value, { error: expectation, reportInput: true });
	if (result.success) return { data: result.data };
	return { faults: result.error.issues.flatMap(faultsOf) };
}

function faultsOf(issue: Issue): Fault[] {
	const path = issue.path.join(".");
	if (issue.code === "invalid_union" && issue.message === "") return unionFaults(issue);
	if (issue.code === "unrecognized_keys")
		return issue.keys.map((key) => ({ path: [...issue.path, key].join("."), message: issue.message }));
	if (issue.code === "invalid_key")
		return issue.issues.flatMap(faultsOf).map(({ message }) => ({ path, message: `its name: ${message}` }));
	const message = issue.message.startsWith(EXPECTED) ? `${issue.message}${insteadOf(issue)}` : issue.message;
	return [{ path, message: givenOf(issue) === undefined && isOfKind(issue) ? `missing: ${message}` : message }];
}

const EXPECTED = "expected ";
const isOfKind = ({ code }: Issue) => code === "invalid_type" || code === "invalid_value" || code === "invalid_union";

/** Of a value that is none of several: what all of them are, or what is wrong with it as the one it comes nearest to. */
function unionFaults(issue: Extract<Issue, { code: "invalid_union" }>): Fault[] {
	const inner = issue.errors.flat();
	if (inner.every(({ path }) => path.length === 0) && inner.every(isPlain)) {
		const either = new Set(inner.map(({ message }) => message.replace(EXPECTED, "")));
		return faultsOf({ ...issue, message: EXPECTED + [...either].join(", or ") });
	}
	const strange = (issues: readonly Issue[]) => issues.filter(({ code }) => code === "unrecognized_keys").length;
	const [best = []] = issue.errors.toSorted(
		(a, b) => Number(isWrongKind(a)) - Number(isWrongKind(b)) || strange(a) - strange(b) || a.length - b.length,
	);
	return best.flatMap((one) => faultsOf({ ...one, path: [...issue.path, ...one.path] }));
}

/** What is wrong is the value itself, not something in it. */
const isWrongKind = (issues: readonly Issue[]): boolean =>
	issues.some(
		(one) => one.path.length === 0 && (one.code === "invalid_union" ? one.errors.every(isWrongKind) : isOfKind(one)),
	);

/** A longer value is not shown: it would hide what is expected. */
const SHOWN_CHARS = 60;

const isPlain = ({ code }: Issue) => code !== "invalid_union" && code !== "unrecognized_keys";

/** `, not a list`. Nothing where that says no more: of what is long, or is no number. */
function insteadOf(issue: Issue): string {
	const given = givenOf(issue);
	const instead = (words: string) => `, not ${words}`;
	if (given === undefined || Number.isNaN(given)) return "";
	if (issue.code === "too_big" || issue.code === "too_small") {
		if (typeof given !== "string" && !Array.isArray(given)) return instead(String(given));
		return given.length === 0 ? "" : instead(String(given.length));
	}
	if (issue.code === "invalid_value" || issue.code === "invalid_union") {
		const text = JSON.stringify(given) ?? "";
		return text.length <= SHOWN_CHARS ? instead(text) : "";
	}
	return issue.code === "invalid_type" ? instead(kindOf(given)) : "";
}

/** Of a shape that is chosen by a word: that word. */
function givenOf(issue: Issue): unknown {
	const { input } = issue;
	const name = issue.code === "invalid_union" ? issue.discriminator : undefined;
	if (name === undefined || typeof input !== "object" || input === null) return input;
	return Object.entries(input).find(([key]) => key === name)?.[1];
}

function kindOf(value: unknown): string {
	if (Array.isArray(value)) return "a list";
	if (typeof value === "string") return value === "" ? "empty text" : "text";
	if (typeof value === "object" && value !== null) return "an object";
	return String(value);
}

const KINDS: Record<string, string> = {
	string: "text",
	number: "a number",
	int: "a whole number",
	boolean: "true or false",
	array: "a list",
	tuple: "a list",
	object: "an object",
	record: "an object",
};
const FORMATS: Record<string, string> = {
	email: "an email address, such as ada@example.com",
	url: "a URL, such as https://example.com/hook",
	datetime: "ISO 8601 with an offset, such as 2026-11-22T09:00:00Z",
};

/** zod's error map: words for what a schema has none of its own. Empty for a union: its options have them. */
function expectation(issue: RawIssue): string {
	switch (issue.code) {
		case "invalid_type":
			return EXPECTED + (KINDS[issue.expected] ?? issue.expected);
		case "invalid_value":
			return EXPECTED + oneOf(issue.values);
		case "invalid_union":
			return Array.isArray(issue.options) ? EXPECTED + oneOf(issue.options) : "";
		case "too_small":
			return EXPECTED + least(issue);
		case "too_big":
			return EXPECTED + bound("at most", "less than", issue.maximum, issue);
		case "invalid_format":
			return EXPECTED + (FORMATS[issue.format] ?? "another form of text");
		case "not_multiple_of":
			return `${EXPECTED}a multiple of ${issue.divisor}`;
		case "unrecognized_keys":
			return strangeField(issue.inst);
		default:
			return "not as it should be";
	}
}

function oneOf(values: readonly unknown[]): string {
	const texts = values.map((value) => JSON.stringify(value) ?? String(value));
	return texts.length === 1 ? `${texts[0]}` : `one of ${texts.join(", ")}`;
}

const UNITS: Record<string, string> = { string: "character", array: "entry" };
const plural = (unit: string) => (unit === "entry" ? "entries" : `${unit}s`);

type Sized = Extract<RawIssue, { code: "too_small" | "too_big" }>;

function bound(within: string, beyond: string, limit: number | bigint, { origin, inclusive, exact }: Sized): string {
	const unit = UNITS[origin];
	const how = exact ? "exactly" : inclusive === false ? beyond : within;
	return `${how} ${limit}${unit === undefined ? "" : ` ${limit === 1 ? unit : plural(unit)}`}`;
}

const least = (issue: Extract<RawIssue, { code: "too_small" }>): string =>
	issue.origin === "string" && issue.minimum === 1
		? "text that is not empty"
		: bound("at least", "more than", issue.minimum, issue);

function strangeField(schema: RawIssue["inst"]): string {
	const shape = schema && "shape" in schema._zod.def ? schema._zod.def.shape : null;
	const fields = typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
	return fields.length === 0 ? "no such field" : `no such field (there are ${fields.join(", ")})`;
}
