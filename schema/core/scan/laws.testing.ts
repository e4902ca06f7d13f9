/** What holds for every kind of scan. For tests only. */
import { gather } from "./gather.ts";
import type { Batch, ScanKind, VisitorRows } from "./rows.ts";
import { batchOf, type TestEvent } from "./testing.ts";

/** A batch with ids: the n-th event has the hash (n, 3 n). */
export function batchWithIds(events: readonly TestEvent[], fields: readonly string[]): Batch {
	const batch = batchOf(events, fields);
	const id_hi = Uint32Array.from(events, (_, i) => i);
	const id_lo = Uint32Array.from(events, (_, i) => 3 * i);
	return { ...batch, numbers: { ...batch.numbers, id_hi, id_lo } };
}

/** The rows of a question, gathered with exactly the columns that it says it needs. */
export function rowsFor<Q, P>(
	kind: ScanKind<Q, P>,
	question: Q,
	batch: Batch,
	of?: (visitor: number) => boolean,
): VisitorRows {
	const { numbers, texts } = kind.needs(question);
	const hi = batch.numbers.visitor_hi ?? [];
	const keep = () => Uint8Array.from({ length: batch.rows }, (_, row) => (of?.(hi[row] as number) === false ? 0 : 1));
	return gather([batch], numbers, texts, keep);
}

/**
 * I3: the partial results of any split of the visitors, merged in any order, are those of the whole. Answers all of
 * them to be compared: of the whole, of the parts from the left, and from the right.
 */
export function splits<Q, P>(kind: ScanKind<Q, P>, question: Q, batch: Batch, parts: number): P[] {
	const run = (of?: (visitor: number) => boolean) => kind.run(question, rowsFor(kind, question, batch, of));
	// Partial results cross an RPC: they are plain data.
	const partials = Array.from({ length: parts }, (_, part) =>
		structuredClone(run((visitor) => visitor % parts === part)),
	);
	const reversed = [...partials].reverse();
	return [run(), ...[partials, reversed].map((each) => each.reduce((x, y) => kind.merge(x, y)))];
}
