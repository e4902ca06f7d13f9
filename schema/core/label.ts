/** Dimension values as they are counted, compared and shown (semantics: "Metrics, measures, dimensions"). */

/** Characters of a dimension value that are kept. */
export const VALUE_CHARS = 256;
/** A dimension value that is missing. */
export const NONE = "(none)";
/** What passed a cap or a limit. */
export const OTHER = "(other)";

/** A text as a dimension value. A pair of surrogates may be cut in two. "" = missing. */
export const cutValue = (s: string) => (s.length > VALUE_CHARS ? s.slice(0, VALUE_CHARS).toWellFormed() : s);

/** Texts cut to VALUE_CHARS; the list itself where none is longer. */
export function cutValues(strings: readonly string[]): readonly string[] {
	return strings.some((s) => s.length > VALUE_CHARS) ? strings.map(cutValue) : strings;
}
