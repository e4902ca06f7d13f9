/** Reads the syntax of regex.ts: a pattern becomes a tree. */

/** Code points: pairs of first and last, and whole sets; `negated`: all others. */
export interface CharSet {
	ranges: readonly number[];
	sets: readonly CharSet[];
	negated: boolean;
}
export type Assertion = "start" | "end" | "boundary" | "no_boundary";
export type Node =
	| { kind: "char"; set: CharSet }
	| { kind: "assert"; assertion: Assertion }
	| { kind: "sequence"; parts: Node[] }
	| { kind: "choice"; parts: Node[] }
	| { kind: "repeat"; part: Node; min: number; max: number };

/** Characters of a pattern, and repetitions that `{m,n}` may ask for. */
const MAX_PATTERN = 1000;
const MAX_REPEAT = 1000;

const setOf = (ranges: number[], sets: CharSet[] = [], negated = false): CharSet => ({ ranges, sets, negated });
const not = (set: CharSet): CharSet => ({ ...set, negated: !set.negated });

const DIGIT = setOf([0x30, 0x39]);
const WORD = setOf([0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]);
const SPACE = setOf([
	...[0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029],
	...[0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff],
]);
const LINE_END = setOf([0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029]);
const ANY = setOf([0, 0x10ffff]);
const SETS: Record<string, CharSet> = { d: DIGIT, D: not(DIGIT), w: WORD, W: not(WORD), s: SPACE, S: not(SPACE) };
const CONTROLS: Record<string, number> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d, "0": 0 };

export const isWordChar = (c: number) => hasChar(WORD, c, false);

/** Whether a set has a code point, or with `ignoreCase` the same letter in another case. */
export function hasChar(set: CharSet, c: number, ignoreCase: boolean): boolean {
	const { ranges, sets, negated } = set;
	const found =
		inRanges(ranges, c) ||
		sets.some((part) => hasChar(part, c, false)) ||
		(ignoreCase && ranges.length > 0 && inAnyCase(ranges, c));
	return found !== negated;
}

function inRanges(ranges: readonly number[], c: number): boolean {
	for (let i = 0; i < ranges.length; i += 2) {
		if (c >= (ranges[i] as number) && c <= (ranges[i + 1] as number)) return true;
	}
	return false;
}

function inAnyCase(ranges: readonly number[], c: number): boolean {
	const text = String.fromCodePoint(c);
	const folded = fold(text);
	if ([text.toLowerCase(), text.toUpperCase(), folded].some((other) => isOne(other) && inRanges(ranges, code(other))))
		return true;
	// ς and σ are the same letter, but neither is the other's upper or lower case.
	return ranges.some(
		(first, i) => i % 2 === 0 && first === ranges[i + 1] && fold(String.fromCodePoint(first)) === folded,
	);
}

const fold = (char: string) => char.toUpperCase().toLowerCase();
const code = (char: string) => char.codePointAt(0) as number;
/** ß has two letters as its upper case, which are not it. */
const isOne = (text: string) => String.fromCodePoint(code(text)) === text;

/** @throws RangeError that says what is wrong, and what to write instead. */
export function parseRegex(pattern: string): { node: Node; ignoreCase: boolean } {
	const flags = /^\(\?([is]+)\)/.exec(pattern);
	const parser = new Parser(pattern, flags?.[0].length ?? 0, flags?.[1]?.includes("s") === true);
	return { node: parser.parse(), ignoreCase: flags?.[1]?.includes("i") === true };
}

class Parser {
	readonly #pattern: string;
	readonly #chars: string[];
	readonly #dot: CharSet;
	#at: number;

	constructor(pattern: string, at: number, dotAll: boolean) {
		this.#pattern = pattern;
		this.#chars = [...pattern];
		this.#at = at;
		this.#dot = dotAll ? ANY : not(LINE_END);
		if (this.#chars.length > MAX_PATTERN) throw this.#error(`is longer than ${MAX_PATTERN} characters`);
	}

	parse(): Node {
		const node = this.#choice();
		if (this.#at < this.#chars.length) throw this.#error('has a ")" too many: write \\) for the character');
		return node;
	}

	#error(what: string): RangeError {
		return new RangeError(`the regular expression ${this.#pattern.slice(0, 100)} ${what}`);
	}

	#peek(text: string): boolean {
		for (let i = 0; i < text.length; i++) if (this.#chars[this.#at + i] !== text[i]) return false;
		return true;
	}

	#take(text: string): boolean {
		const found = this.#peek(text);
		if (found) this.#at += text.length;
		return found;
	}

	#choice(): Node {
		const parts = [this.#sequence()];
		while (this.#take("|")) parts.push(this.#sequence());
		return parts.length === 1 ? (parts[0] as Node) : { kind: "choice", parts };
	}

	#sequence(): Node {
		const parts: Node[] = [];
		while (this.#at < this.#chars.length && !this.#peek("|") && !this.#peek(")")) parts.push(this.#repeated());
		return { kind: "sequence", parts };
	}

	#repeated(): Node {
		const part = this.#atom();
		const times = this.#quantifier();
		if (times === null) return part;
		const [min, max] = times;
		if (part.kind === "assert") throw this.#error("repeats ^, $ or \\b, which stand for a place, not a character");
		if (min > max) throw this.#error("repeats at least more than at most: write {least,most}");
		if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
			throw this.#error(`repeats more than ${MAX_REPEAT} times`);
		this.#take("?"); // Lazy: finds another match, but never none.
		if (this.#peek("+"))
			throw this.#error("has a possessive quantifier, which is not supported: leave the second + out");
		if (this.#quantifier() !== null) throw this.#error("has two quantifiers in a row: put the first in a group");
		return { kind: "repeat", part, min, max };
	}

	#quantifier(): [min: number, max: number] | null {
		if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
		if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
		if (this.#take("?")) return [0, 1];
		const counts = this.#ahead(/^\{(\d+)(,(\d*))?\}/);
		if (counts === null) return null;
		this.#at += counts[0].length;
		const min = Number(counts[1]);
		if (counts[2] === undefined) return [min, min];
		return [min, counts[3] === "" ? Number.POSITIVE_INFINITY : Number(counts[3])];
	}

	/** What a pattern of ASCII finds right here. */
	#ahead(what: RegExp): RegExpExecArray | null {
		return what.exec(this.#chars.slice(this.#at, this.#at + 20).join(""));
	}

	#atom(): Node {
		const char = this.#chars[this.#at++] as string;
		if (char === "(") return this.#group();
		if (char === "[") return { kind: "char", set: this.#class() };
		if (char === ".") return { kind: "char", set: this.#dot };
		if (char === "^") return { kind: "assert", assertion: "start" };
		if (char === "$") return { kind: "assert", assertion: "end" };
		if (char === "\\") return this.#escape();
		if (char === "*" || char === "+" || char === "?")
			throw this.#error(`has nothing to repeat before ${char}: write \\${char} for the character`);
		return { kind: "char", set: one(char) };
	}

	#group(): Node {
		if (this.#take("?")) this.#groupKind();
		const node = this.#choice();
		if (!this.#take(")")) throw this.#error('has a "(" that is not closed: write \\( for the character');
		// Apart from what is around it, so that a quantifier takes all of it, and an assertion in it can be repeated.
		return { kind: "sequence", parts: [node] };
	}

	#groupKind(): void {
		if (this.#take(":")) return;
		const name = this.#ahead(/^<[A-Za-z_]\w{0,17}>/);
		if (name !== null) this.#at += name[0].length;
		else if (this.#peek("=") || this.#peek("!") || this.#peek("<"))
			throw this.#error("looks ahead or behind, which is not supported: use two conditions instead");
		else throw this.#error("has a group of an unknown kind: (?:…) is supported, and (?i) and (?s) at the beginning");
	}

	#escape(): Node {
		const char = this.#chars[this.#at];
		if (char === "b" || char === "B") {
			this.#at++;
			return { kind: "assert", assertion: char === "b" ? "boundary" : "no_boundary" };
		}
		return { kind: "char", set: this.#escapedSet() };
	}

	/** After a backslash: a set, or one character. */
	#escapedSet(): CharSet {
		const char = this.#chars[this.#at++];
		if (char === undefined) throw this.#error("ends with a backslash: write \\\\ for the character");
		const set = SETS[char];
		if (set !== undefined) return set;
		const control = CONTROLS[char];
		if (control !== undefined) return setOf([control, control]);
		if (char === "x" || char === "u") return this.#hex(char);
		if (/[1-9k]/.test(char)) throw this.#error("refers back to a group, which is not supported: write the text out");
		if (/[A-Za-z0-9]/.test(char))
			throw this.#error(`has the unknown escape \\${char}${/[AzZ]/.test(char) ? ": use ^ and $" : ""}`);
		return one(char);
	}

	#hex(kind: "x" | "u"): CharSet {
		const digits = this.#ahead(kind === "x" ? /^([0-9a-f]{2})/i : /^([0-9a-f]{4}|\{[0-9a-f]{1,6}\})/i);
		const value = digits === null ? Number.NaN : Number.parseInt(digits[0].replace("{", ""), 16);
		if (!(value <= 0x10ffff)) throw this.#error(`has a \\${kind} without a code: write \\x41, \\u0041 or \\u{1f600}`);
		this.#at += digits?.[0].length ?? 0;
		return setOf([value, value]);
	}

	/** After `[`. */
	#class(): CharSet {
		const negated = this.#take("^");
		const ranges: number[] = [];
		const sets: CharSet[] = [];
		while (!this.#take("]")) {
			const set = this.#member();
			const first = onlyChar(set);
			if (!this.#peek("-") || this.#peek("-]")) {
				if (first === null) sets.push(set);
				else ranges.push(first, first);
				continue;
			}
			this.#at++;
			const last = onlyChar(this.#member());
			if (first === null || last === null || first > last)
				throw this.#error("has a range in [] that does not go from one character up to another");
			ranges.push(first, last);
		}
		return setOf(ranges, sets, negated);
	}

	#member(): CharSet {
		const char = this.#chars[this.#at++];
		if (char === undefined) throw this.#error('has a "[" that is not closed: write \\[ for the character');
		if (char !== "\\") return one(char);
		return this.#take("b") ? setOf([0x08, 0x08]) : this.#escapedSet();
	}
}

function one(char: string): CharSet {
	return setOf([code(char), code(char)]);
}

/** The one character of a set; null where it is a set such as \d. */
function onlyChar({ ranges, sets, negated }: CharSet): number | null {
	const [first, last] = ranges;
	return !negated && sets.length === 0 && ranges.length === 2 && first === last && first !== undefined ? first : null;
}
