/**
 * Regular expressions whose time is linear in the text, whatever the pattern: a user's pattern runs over every distinct
 * value of a field, and RegExp has neither a time limit nor a bound below exponential. The pattern becomes an NFA
 * (Thompson), which is run as a DFA whose states are made when they are first met (as RE2 does). It only answers
 * whether a text has a match, so groups capture nothing and lazy quantifiers are as good as greedy ones.
 *
 * Syntax: literals, `.`, classes, `\d \w \s \b` and their contraries, `\t \n \r \f \v \0 \xHH \uHHHH \u{H…}`, `^ $`,
 * groups, `|`, `* + ? {m} {m,} {m,n}`; `(?i)` and `(?s)` at the beginning. Texts are read by code points.
 */
import { type Assertion, type CharSet, hasChar, isWordChar, type Node, parseRegex } from "./regex-syntax.ts";

/** Instructions of an NFA: what a repetition of a repetition unrolls to, at most. */
const MAX_INSTRUCTIONS = 1000;
/** States that a DFA keeps, of about 1 KB, and transitions by other than ASCII; past it they are made anew. */
const MAX_STATES = 2000;
const MAX_OTHERS = 50_000;
/** Instructions visited to make states, by one regex in its life: about a second. A pattern made to hurt ends here. */
const MAX_WORK = 10_000_000;

export interface Regex {
	/** Whether the pattern matches anywhere in a text. @throws RangeError where that takes too long. */
	test(text: string): boolean;
}

/** @throws RangeError for a pattern that is broken, too large, or needs what no linear-time matcher has. */
export function compileRegex(pattern: string): Regex {
	const { node, ignoreCase } = parseRegex(pattern);
	return new Automaton(new Program(node, pattern), ignoreCase);
}

type Instruction =
	| { op: "char"; set: CharSet }
	| { op: "split"; to: number; or: number }
	| { op: "assert"; assertion: Assertion }
	| { op: "match" };

/** The NFA. An instruction goes on to the next one, `split` to its two targets. */
class Program {
	readonly instructions: Instruction[] = [];
	/** Whether it looks at word boundaries: only then states differ by the character before. */
	hasBoundaries = false;
	readonly #pattern: string;
	#work = 0;

	constructor(node: Node, pattern: string) {
		this.#pattern = pattern;
		this.#emit(node);
		this.#push({ op: "match" });
	}

	#push(instruction: Instruction): number {
		this.#count();
		return this.instructions.push(instruction) - 1;
	}

	/** Nodes are counted too: repeating what is empty makes no instructions. */
	#count(): void {
		if (++this.#work > 2 * MAX_INSTRUCTIONS || this.instructions.length >= MAX_INSTRUCTIONS)
			throw new RangeError(`the regular expression ${this.#pattern} is too large: repeat less, or shorter parts`);
	}

	#emit(node: Node): void {
		this.#count();
		switch (node.kind) {
			case "char":
				this.#push({ op: "char", set: node.set });
				break;
			case "assert":
				this.hasBoundaries ||= node.assertion === "boundary" || node.assertion === "no_boundary";
				this.#push({ op: "assert", assertion: node.assertion });
				break;
			case "sequence":
				for (const part of node.parts) this.#emit(part);
				break;
			case "choice":
				this.#emitChoice(node.parts);
				break;
			case "repeat":
				this.#emitRepeat(node.part, node.min, node.max);
		}
	}

	/** split a | split b | c, each but the last followed by a jump to the end. */
	#emitChoice(parts: readonly Node[]): void {
		const jumps: number[] = [];
		for (let i = 0; i < parts.length; i++) {
			const isLast = i === parts.length - 1;
			const split = isLast ? -1 : this.#push({ op: "split", to: this.instructions.length + 1, or: 0 });
			this.#emit(parts[i] as Node);
			if (isLast) continue;
			jumps.push(this.#push({ op: "split", to: 0, or: 0 }));
			this.#aim(split, this.instructions.length);
		}
		for (const jump of jumps) this.#jump(jump, this.instructions.length);
	}

	#emitRepeat(part: Node, min: number, max: number): void {
		for (let i = 0; i < min; i++) this.#emit(part);
		if (max === Number.POSITIVE_INFINITY) {
			const loop = this.#push({ op: "split", to: this.instructions.length + 1, or: 0 });
			this.#emit(part);
			this.#push({ op: "split", to: loop, or: loop });
			this.#aim(loop, this.instructions.length);
			return;
		}
		const ways: number[] = [];
		for (let i = min; i < max; i++) {
			ways.push(this.#push({ op: "split", to: this.instructions.length + 1, or: 0 }));
			this.#emit(part);
		}
		for (const way of ways) this.#aim(way, this.instructions.length);
	}

	#aim(at: number, or: number): void {
		const split = this.instructions[at];
		if (split?.op === "split") split.or = or;
	}

	#jump(at: number, to: number): void {
		this.instructions[at] = { op: "split", to, or: to };
	}
}

/** What came before a position: nothing, a word character, another one (or: it does not matter). */
const START = 0;
const WORD = 1;
const OTHER = 2;
type Before = typeof START | typeof WORD | typeof OTHER;
/** In place of the next character: the text is over. */
const END = -1;

class State {
	/** Instructions to go on from, ascending. */
	readonly from: Uint16Array;
	readonly before: Before;
	/** By ASCII character, and others: the next state. */
	readonly ascii: (State | undefined)[] = new Array(128).fill(undefined);
	readonly others = new Map<number, State>();
	/** Whether the text may end here; undefined: not known yet. */
	accepts: boolean | undefined;

	constructor(from: Uint16Array, before: Before) {
		this.from = from;
		this.before = before;
	}
}

/** Reached a match: what follows does not matter. */
const MATCHED = new State(new Uint16Array(0), OTHER);

class Automaton implements Regex {
	readonly #program: Program;
	readonly #ignoreCase: boolean;
	readonly #start = new State(new Uint16Array(1), START);
	#states = new Map<string, State>();
	#others = 0;
	#work = 0;
	/** Instructions visited in the closure at hand have its number here. */
	readonly #visited: Uint32Array;
	#closure = 0;

	constructor(program: Program, ignoreCase: boolean) {
		this.#program = program;
		this.#ignoreCase = ignoreCase;
		this.#visited = new Uint32Array(program.instructions.length);
	}

	test(text: string): boolean {
		let state = this.#start;
		for (let i = 0; i < text.length; i++) {
			const c = text.codePointAt(i) as number;
			if (c > 0xffff) i++;
			state = (c < 128 ? state.ascii[c] : state.others.get(c)) ?? this.#next(state, c);
			if (state === MATCHED) return true;
		}
		state.accepts ??= this.#reach(state, END) === null;
		return state.accepts;
	}

	#next(state: State, c: number): State {
		const chars = this.#reach(state, c);
		const next = chars === null ? MATCHED : this.#step(chars, c);
		if (c < 128) state.ascii[c] = next;
		else {
			state.others.set(c, next);
			this.#others++;
		}
		return next;
	}

	#step(chars: readonly number[], c: number): State {
		const from = [0]; // A match may begin at every character.
		for (const at of chars) {
			const instruction = this.#program.instructions[at];
			if (instruction?.op === "char" && hasChar(instruction.set, c, this.#ignoreCase)) from.push(at + 1);
		}
		return this.#stateOf(Uint16Array.from(from).sort(), this.#program.hasBoundaries && isWordChar(c) ? WORD : OTHER);
	}

	#stateOf(from: Uint16Array, before: Before): State {
		const key = String.fromCharCode(before, ...from);
		let state = this.#states.get(key);
		if (state === undefined) {
			if (this.#states.size >= MAX_STATES || this.#others >= MAX_OTHERS) this.#forget();
			state = new State(from, before);
			this.#states.set(key, state);
		}
		return state;
	}

	#forget(): void {
		this.#states = new Map();
		this.#others = 0;
		this.#start.ascii.fill(undefined);
		this.#start.others.clear();
	}

	/** The `char` instructions that can be reached from a state with that character next; null: a match. */
	#reach(state: State, next: number): number[] | null {
		const { instructions } = this.#program;
		const chars: number[] = [];
		const stack = [...state.from];
		this.#closure++;
		for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
			if (this.#visited[at] === this.#closure) continue;
			this.#visited[at] = this.#closure;
			this.#work++;
			const instruction = instructions[at] as Instruction;
			if (instruction.op === "match") return null;
			if (instruction.op === "char") chars.push(at);
			else if (instruction.op === "split") stack.push(instruction.or, instruction.to);
			else if (holds(instruction.assertion, state.before, next)) stack.push(at + 1);
		}
		if (this.#work > MAX_WORK)
			throw new RangeError(
				"a regular expression takes too long on these values: simplify it, or filter by something else first",
			);
		return chars;
	}
}

function holds(assertion: Assertion, before: Before, next: number): boolean {
	if (assertion === "start") return before === START;
	if (assertion === "end") return next === END;
	return ((before === WORD) !== (next !== END && isWordChar(next))) === (assertion === "boundary");
}
