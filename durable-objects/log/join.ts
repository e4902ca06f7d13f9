/**
 * Joins the tables of many journal rows. A browser's batch is a table of one event, and decoded, with an array for each
 * column, that takes ten times the memory of its row: a span's thousands of them would not fit the object.
 */
import type { SegmentSource } from "../../schema/archive/write.ts";
import { blankTable, decodeTable, rowsIn } from "../../schema/core/columns.ts";
import { EVENT_COLUMNS, EVENT_LAYOUT } from "../../schema/event.ts";

const TEXTS = EVENT_LAYOUT.names.filter((name) => EVENT_COLUMNS[name] === "str");
const NUMBERS = EVENT_LAYOUT.names.filter((name) => EVENT_COLUMNS[name] !== "str");
/** Rows of a joined table: even if no two of their strings were the same, a table's dictionary can hold them. */
const MAX_ROWS = Math.floor(0xffff / TEXTS.length);

/** An encoded table of a journal row, with the row's offset. */
interface Part {
	bytes: Uint8Array;
	offset: number;
}

export class SourceJoiner {
	/** Events added. */
	rows = 0;
	readonly #sources: SegmentSource[] = [];
	#parts: Part[] = [];
	/** Rows of the parts. */
	#waiting = 0;

	/** Adds an encoded table; in the order of offsets. */
	add(bytes: Uint8Array, offset: number): void {
		const rows = rowsIn(bytes);
		if (rows === 0) return;
		if (this.#waiting + rows > MAX_ROWS) this.#join();
		this.#parts.push({ bytes, offset });
		this.#waiting += rows;
		this.rows += rows;
	}

	finish(): SegmentSource[] {
		this.#join();
		return this.#sources;
	}

	#join(): void {
		const [first] = this.#parts;
		if (first === undefined) return;
		if (this.#parts.length === 1) {
			this.#sources.push({ table: decodeTable(EVENT_LAYOUT, first.bytes), offset: first.offset });
		} else this.#sources.push(joined(this.#parts, this.#waiting));
		this.#parts = [];
		this.#waiting = 0;
	}
}

function joined(parts: readonly Part[], rows: number): SegmentSource {
	const into = blankTable(EVENT_LAYOUT, rows);
	const offsets = new Float64Array(rows);
	const known = new Map<string, number>([["", 0]]);
	let at = 0;
	for (const { bytes, offset } of parts) {
		const table = decodeTable(EVENT_LAYOUT, bytes);
		offsets.fill(offset, at, at + table.rows);
		for (const name of NUMBERS) into.columns[name].set(table.columns[name], at);
		const codes = table.strings.map((text) => {
			let code = known.get(text);
			if (code === undefined) {
				code = into.strings.push(text) - 1;
				known.set(text, code);
			}
			return code;
		});
		for (const name of TEXTS) {
			const [from, to] = [table.columns[name], into.columns[name]];
			for (let i = 0; i < table.rows; i++) to[at + i] = codes[from[i] as number] as number;
		}
		at += table.rows;
	}
	return { table: into, offset: offsets };
}
