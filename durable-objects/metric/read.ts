/** Answers of `read`: stored windows with only the parts and columns that were asked for. */

import type { Section, StoredWindow } from "../../schema/rollup.ts";
import type { Field, ReadRequest } from "../rpc.ts";
import { type Sources, sectionsOf, viewsOf } from "./windows.ts";

/** An answer stays well under the 32 MB that an RPC carries; a caller that wants more asks for shorter ranges. */
const ANSWER_BYTES = 24_000_000;
const NOTHING = new Uint8Array(0);

/** Throws RangeError where the range holds more than one answer can. */
export function answerRead(
	sources: Sources,
	epoch: number,
	{ grain, from, to, parts, fields }: ReadRequest,
): StoredWindow[] {
	let bytes = 0;
	return viewsOf(sources, grain, from, to, parts).map((view) => {
		const sections = sectionsOf(view, grain, parts).map((section) => only(section, fields));
		for (const s of sections) bytes += s.stats.length + s.uniques.length + s.quantiles.length;
		if (bytes > ANSWER_BYTES) throw new RangeError("too much for one answer: read a shorter range");
		return { grain, bucket: view.bucket, version: { epoch, n: view.n }, sections };
	});
}

function only(section: Section, fields: readonly Field[]): Section {
	const keep = (field: Field) => (fields.includes(field) ? section[field] : NOTHING);
	return { ...section, stats: keep("stats"), uniques: keep("uniques"), quantiles: keep("quantiles") };
}
