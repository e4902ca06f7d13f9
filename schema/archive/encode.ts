/** Rows into the bytes of a segment, row group by row group. The file around the pages is hyparquet-writer's. */
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { TextColumn } from "../core/scan/rows.ts";
import { boundsOf, type ChunkWriter, writeDoubles, writeFew, writeHashes, writeTexts, writeTimes } from "./chunks.ts";
import {
	ARCHIVE_VERSION,
	type ColumnKind,
	ELEMENTS,
	type EventText,
	eventText,
	fileColumns,
	type PropColumn,
	type RowNumber,
	VERSION_KEY,
} from "./columns.ts";
import type { SplitColumns } from "./props.ts";

/** What the catalogue says of a segment. All bounds are inclusive, and 0 where there are no rows. */
export interface SegmentStats {
	rows: number;
	/** Event times, epoch ms. */
	minTs: number;
	maxTs: number;
	minSlot: number;
	maxSlot: number;
	/** Event names in it, sorted; null: more than MAX_NAMES. */
	names: string[] | null;
}

export interface EncodedSegment {
	bytes: Uint8Array;
	stats: SegmentStats;
}

/** Rows of one row group, in order, a column at a time. */
export interface GroupRows {
	readonly rows: number;
	number(column: RowNumber): ArrayLike<number>;
	/** Well-formed, distinct values; many more than these rows have may be among them. */
	text(column: Exclude<EventText, "props">): TextColumn;
	/** The JSON of props as `props`, apart from the columns of declared ones. */
	props(columns: readonly PropColumn[]): SplitColumns;
}

/** Event names that the catalogue lists of a segment. */
export const MAX_NAMES = 300;
/** The file says what it is sorted by; visitors come next, but as unsigned numbers, which it can't say. */
const SLOT_COLUMN = 0;
/** hyparquet-writer's buffer to begin with: about a row group. It grows. */
const BUFFER_BYTES = 1 << 20;

/** Hands over what was written after each row group, so that the buffer needn't grow to the size of the file. */
class PartWriter extends ByteWriter {
	readonly parts: ArrayBuffer[] = [];

	flush(): void {
		this.parts.push(this.getBuffer());
		this.index = 0;
	}
}

/** Writes one segment. Rows must come in the order of a segment (`orderRows`). */
export class SegmentEncoder {
	readonly #props: readonly PropColumn[];
	readonly #columns: { name: string; kind: ColumnKind }[];
	readonly #bytes = new PartWriter(BUFFER_BYTES);
	readonly #parquet: ParquetWriter;
	readonly #names = new Set<string>();
	readonly #stats = { rows: 0, minTs: 0, maxTs: 0, minSlot: 0, maxSlot: 0 };

	constructor(props: readonly PropColumn[]) {
		this.#props = props;
		this.#columns = fileColumns(props);
		this.#parquet = new ParquetWriter({
			writer: this.#bytes,
			createdBy: "nowcast",
			kvMetadata: [{ key: VERSION_KEY, value: String(ARCHIVE_VERSION) }],
			schema: [
				{ name: "event", num_children: this.#columns.length },
				...this.#columns.map(({ name, kind }) => ({ name, ...ELEMENTS[kind] })),
			],
		});
	}

	get rows(): number {
		return this.#stats.rows;
	}

	/** Writes a row group, of at most GROUP_ROWS rows. */
	write(group: GroupRows): void {
		if (group.rows === 0) return;
		this.#observe(group);
		const props = group.props(this.#props);
		const start = this.#bytes.offset;
		const columns = this.#columns.map(({ name, kind }) => {
			const write = writeColumn(group, name, kind, props);
			const begin = this.#bytes.offset;
			return { file_offset: BigInt(begin), meta_data: { ...write(this.#bytes), path_in_schema: [name] } };
		});
		const uncompressed = columns.reduce((sum, { meta_data }) => sum + meta_data.total_uncompressed_size, 0n);
		this.#parquet.row_groups.push({
			columns,
			num_rows: BigInt(group.rows),
			total_byte_size: uncompressed,
			total_compressed_size: BigInt(this.#bytes.offset - start),
			sorting_columns: [{ column_idx: SLOT_COLUMN, descending: false, nulls_first: false }],
		});
		this.#parquet.num_rows += BigInt(group.rows);
		this.#bytes.flush();
	}

	finish(): EncodedSegment {
		this.#parquet.finish();
		this.#bytes.flush();
		const names = this.#names.size > MAX_NAMES ? null : [...this.#names].sort();
		return { bytes: concat(this.#bytes.parts), stats: { ...this.#stats, names } };
	}

	#observe(group: GroupRows): void {
		const stats = this.#stats;
		const slot = group.number("slot");
		const { min, max } = boundsOf(group.number("ts"), group.rows);
		const isFirst = stats.rows === 0;
		stats.minSlot = isFirst ? (slot[0] as number) : stats.minSlot;
		stats.maxSlot = slot[group.rows - 1] as number;
		stats.minTs = isFirst ? min : Math.min(min, stats.minTs);
		stats.maxTs = isFirst ? max : Math.max(max, stats.maxTs);
		stats.rows += group.rows;
		const { values, index } = group.text("name");
		for (const code of new Set(index)) {
			const name = values[code] as string;
			if (name !== "" && this.#names.size <= MAX_NAMES) this.#names.add(name);
		}
	}
}

/** Chooses the column's values and how they are written. */
function writeColumn(group: GroupRows, name: string, kind: ColumnKind, props: SplitColumns): ChunkWriter {
	const prop = props.get(name);
	if (prop instanceof Float64Array) return writeDoubles(prop);
	if (prop !== undefined) return writeTexts(prop);
	if (kind === "text") return writeTexts(group.text(eventText(name) as Exclude<EventText, "props">));
	const { rows } = group;
	if (name === "visitor") return writeHashes(group.number("visitor_hi"), group.number("visitor_lo"), rows, "SNAPPY");
	if (name === "id") return writeHashes(group.number("id_hi"), group.number("id_lo"), rows, "UNCOMPRESSED");
	if (name === "journal_offset") return writeFew("INT64", group.number("offset"), rows);
	const numbers = group.number(name as RowNumber);
	if (kind === "double") return writeDoubles(Float64Array.from(numbers));
	return kind === "time" ? writeTimes(numbers, rows) : writeFew("INT32", numbers, rows);
}

function concat(parts: readonly ArrayBuffer[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
	let at = 0;
	for (const part of parts) {
		out.set(new Uint8Array(part), at);
		at += part.byteLength;
	}
	return out;
}
