/** The lines of an import as what events are read from, whether NDJSON or CSV. */
import { wellFormed } from "../edge/body.ts";
import { CsvParser } from "./csv.ts";

/** `text` is what the line says, the same for the same line; `value` is what is to be an event. */
export type ImportRecord = { line: number; text: string; value: unknown } | { line: number; problem: string };

export type ImportFormat = "ndjson" | "csv";

/** Characters of one line of NDJSON: an event has at most 32 KiB, which JSON may escape. */
const LINE_CHARS = 256 * 1024;

/** Records in the order of the file, some at a time. Bytes that are no UTF-8 become U+FFFD. */
export async function* readRecords(
	body: ReadableStream<Uint8Array>,
	format: ImportFormat,
): AsyncGenerator<ImportRecord[]> {
	const reader = format === "csv" ? new CsvReader() : new NdjsonReader();
	const decoder = new TextDecoder();
	for await (const bytes of body) yield reader.push(decoder.decode(bytes, { stream: true }));
	yield reader.push(decoder.decode());
	yield reader.end();
}

class NdjsonReader {
	#rest = "";
	#line = 0;
	/** The rest of a line that was too long is passed over. */
	#skipping = false;

	push(text: string): ImportRecord[] {
		const records: ImportRecord[] = [];
		const lines = (this.#rest + text).split("\n");
		this.#rest = lines.pop() ?? "";
		for (const line of lines) this.#add(line, records);
		if (this.#rest.length > LINE_CHARS) {
			this.#tooLong(records);
			this.#rest = "";
			this.#skipping = true;
		}
		return records;
	}

	end(): ImportRecord[] {
		const records: ImportRecord[] = [];
		if (this.#rest !== "" || this.#skipping) this.#add(this.#rest, records);
		return records;
	}

	#add(line: string, records: ImportRecord[]): void {
		if (this.#skipping) {
			this.#skipping = false;
			this.#line++;
			return;
		}
		if (line.length > LINE_CHARS) {
			this.#tooLong(records);
			this.#line++;
			return;
		}
		this.#line++;
		const text = line.trim();
		if (text !== "") records.push(parsed(this.#line, text));
	}

	#tooLong(records: ImportRecord[]): void {
		if (!this.#skipping)
			records.push({ line: this.#line + 1, problem: `A line has at most ${LINE_CHARS} characters.` });
	}
}

function parsed(line: number, text: string): ImportRecord {
	try {
		return { line, text, value: JSON.parse(wellFormed(text)) };
	} catch {
		return { line, problem: "This line is not JSON." };
	}
}

class CsvReader {
	readonly #parser = new CsvParser();
	#header: string[] | null = null;

	push(text: string): ImportRecord[] {
		return this.#records(this.#parser.push(text));
	}

	end(): ImportRecord[] {
		return this.#records(this.#parser.end());
	}

	#records(found: { line: number; fields: string[] }[]): ImportRecord[] {
		return found.flatMap(({ line, fields }) => {
			if (this.#header !== null) return [recordOf(line, this.#header, fields)];
			this.#header = fields.map((name, i) => (i === 0 ? name.replace(/^\ufeff/, "") : name).trim());
			return [];
		});
	}
}

function recordOf(line: number, header: readonly string[], fields: readonly string[]): ImportRecord {
	if (fields.length > header.length) {
		return { line, problem: `This line has ${fields.length} fields, and the header ${header.length}.` };
	}
	const value = eventOf(header, fields);
	return { line, text: JSON.stringify(value), value };
}

/** Columns of numbers and of truth; what cannot be read as such is left for the check of events to refuse. */
const NUMBERS = new Set(["value"]);
const BOOLEANS = new Map([
	["true", true],
	["false", false],
]);

/**
 * A record as an event: `props.plan` and `context.country` are members, an empty field is none. `ts` may be epoch ms.
 */
function eventOf(header: readonly string[], fields: readonly string[]): Record<string, unknown> {
	const event: Record<string, unknown> = {};
	for (const [i, name] of header.entries()) {
		const text = fields[i] ?? "";
		if (text === "" || name === "") continue;
		const dot = name.indexOf(".");
		const parent = dot < 0 ? "" : name.slice(0, dot);
		if (parent === "props" || parent === "context") member(event, parent)[name.slice(dot + 1)] = text;
		else event[name] = valueIn(name, text);
	}
	return event;
}

function valueIn(name: string, text: string): unknown {
	if (NUMBERS.has(name) || (name === "ts" && /^\d+$/.test(text))) return numberOf(text);
	return name === "interactive" ? (BOOLEANS.get(text) ?? text) : text;
}

function numberOf(text: string): number | string {
	const number = Number(text);
	return Number.isNaN(number) ? text : number;
}

function member(event: Record<string, unknown>, name: string): Record<string, unknown> {
	const known = event[name];
	if (typeof known === "object" && known !== null) return known as Record<string, unknown>;
	const made: Record<string, unknown> = {};
	event[name] = made;
	return made;
}
