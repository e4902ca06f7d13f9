/** CSV (RFC 4180) as it comes: text in pieces of any size, records out. */

/** A record and the line it begins at, the first being 1. */
export interface CsvRecord {
	line: number;
	fields: string[];
}

/** Characters of one field; what is longer is no value of an event, and an unclosed quote would take in the file. */
const FIELD_CHARS = 64 * 1024;

export class CsvParser {
	#line = 1;
	#begin = 1;
	#fields: string[] = [];
	#field = "";
	/** Within quotes; or just behind a quote that may have closed them. */
	#quoted = false;
	#closing = false;
	/** Nothing of this field was read yet: a quote opens it. */
	#fresh = true;

	/** Records that this text completes. @throws RangeError for a field without end. */
	push(text: string): CsvRecord[] {
		const done: CsvRecord[] = [];
		for (let at = 0; at < text.length; ) at = this.#quoted ? this.#inQuotes(text, at) : this.#plain(text, at, done);
		if (this.#field.length > FIELD_CHARS) {
			throw new RangeError(`a field over ${FIELD_CHARS} characters: is a quote left open in line ${this.#begin}?`);
		}
		return done;
	}

	/** The last record, where no line break ended it. */
	end(): CsvRecord[] {
		const done: CsvRecord[] = [];
		if (this.#fields.length > 0 || !this.#fresh) this.#endRecord(done);
		return done;
	}

	#inQuotes(text: string, at: number): number {
		if (this.#closing) {
			this.#closing = false;
			if (text[at] !== '"') {
				this.#quoted = false;
				return at;
			}
			this.#field += '"';
			return at + 1;
		}
		const quote = text.indexOf('"', at);
		const end = quote < 0 ? text.length : quote;
		const part = text.slice(at, end);
		for (let i = part.indexOf("\n"); i >= 0; i = part.indexOf("\n", i + 1)) this.#line++;
		this.#field += part;
		this.#closing = quote >= 0;
		return end + 1;
	}

	#plain(text: string, at: number, done: CsvRecord[]): number {
		const char = text[at];
		if (char === '"' && this.#fresh) {
			this.#quoted = true;
			this.#fresh = false;
			return at + 1;
		}
		if (char === ",") this.#endField();
		else if (char === "\n") this.#endLine(done);
		else if (char !== "\r") return this.#text(text, at);
		return at + 1;
	}

	#text(text: string, at: number): number {
		let end = at + 1;
		while (end < text.length && !ENDS.has(text[end] as string)) end++;
		this.#field += text.slice(at, end);
		this.#fresh = false;
		return end;
	}

	#endField(): void {
		this.#fields.push(this.#field);
		this.#field = "";
		this.#fresh = true;
	}

	#endLine(done: CsvRecord[]): void {
		this.#line++;
		// An empty line is no record.
		if (this.#fields.length > 0 || !this.#fresh) this.#endRecord(done);
		this.#begin = this.#line;
	}

	#endRecord(done: CsvRecord[]): void {
		this.#endField();
		done.push({ line: this.#begin, fields: this.#fields });
		this.#fields = [];
		this.#quoted = false;
		this.#closing = false;
	}
}

const ENDS = new Set([",", "\n", "\r"]);
