/**
 * Formulas over the queries of a panel: `A / B * 100`, `max(A, B) - abs(C)`. Names are A to F; numbers, `+ - * / ( )`,
 * `min max abs round`. What has no value (null) makes everything that is computed from it have none, and so does a
 * division by 0: a ratio of nothing is not 0.
 */

export type FormulaRef = "A" | "B" | "C" | "D" | "E" | "F";
type Operator = "+" | "-" | "*" | "/";
type FunctionName = "min" | "max" | "abs" | "round";

export type Formula =
	| { number: number }
	| { ref: FormulaRef }
	| { negated: Formula }
	| { operator: Operator; left: Formula; right: Formula }
	| { call: FunctionName; of: Formula[] };

/** How many numbers each takes, at least and at most. `round(x, digits)`. */
const FUNCTIONS: Record<FunctionName, readonly [least: number, most: number]> = {
	min: [1, 6],
	max: [1, 6],
	abs: [1, 1],
	round: [1, 2],
};
const FUNCTION_NAMES: readonly FunctionName[] = ["min", "max", "abs", "round"];
const isFunction = (word: string): word is FunctionName => FUNCTION_NAMES.some((name) => name === word);
const isRef = (word: string): word is FormulaRef => /^[A-F]$/.test(word);
const isSum = (text: string): text is "+" | "-" => text === "+" || text === "-";
const isProduct = (text: string): text is "*" | "/" => text === "*" || text === "/";

/** Parentheses in parentheses: more is a mistake, and the stack is finite. */
const MAX_DEPTH = 50;

interface Token {
	/** Empty: the end. */
	text: string;
	/** 1-based. */
	at: number;
}

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[A-Za-z_]\w*|[-+*/(),])|$)/giy;

/** @throws RangeError that says what is wrong, and at which character (from 1). */
export function parseFormula(text: string): Formula {
	return new Parser(tokensOf(text)).whole();
}

function tokensOf(text: string): Token[] {
	const tokens: Token[] = [];
	for (let at = 0; at < text.length; ) {
		TOKEN.lastIndex = at;
		const found = TOKEN.exec(text);
		const start = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
		if (found === null) throw wrong({ text: text.charAt(start), at: start + 1 }, "a number, A to F, or + - * / ( )");
		at = TOKEN.lastIndex;
		if (found[1] !== undefined) tokens.push({ text: found[1], at: start + 1 });
	}
	return [...tokens, { text: "", at: text.length + 1 }];
}

const wrong = ({ text, at }: Token, wanted: string) =>
	new RangeError(`At character ${at} of the formula: expected ${wanted}, ${text ? `found ${text}` : "it ends here"}`);

class Parser {
	readonly #tokens: readonly Token[];
	#at = 0;
	#depth = 0;

	constructor(tokens: readonly Token[]) {
		this.#tokens = tokens;
	}

	whole(): Formula {
		const formula = this.#sum();
		if (this.#next.text !== "") throw wrong(this.#next, "+ - * / or the end");
		return formula;
	}

	get #next(): Token {
		return this.#tokens[this.#at] ?? { text: "", at: 0 };
	}

	#take(): Token {
		const token = this.#next;
		this.#at++;
		return token;
	}

	#expect(text: string): void {
		const token = this.#take();
		if (token.text !== text) throw wrong(token, text);
	}

	#sum(): Formula {
		let left = this.#product();
		for (let operator = this.#next.text; isSum(operator); operator = this.#next.text) {
			this.#take();
			left = { operator, left, right: this.#product() };
		}
		return left;
	}

	#product(): Formula {
		let left = this.#signed();
		for (let operator = this.#next.text; isProduct(operator); operator = this.#next.text) {
			this.#take();
			left = { operator, left, right: this.#signed() };
		}
		return left;
	}

	#signed(): Formula {
		if (!isSum(this.#next.text)) return this.#value();
		return this.#take().text === "-"
			? this.#deeper(() => ({ negated: this.#signed() }))
			: this.#deeper(() => this.#signed());
	}

	#deeper<T>(parse: () => T): T {
		if (++this.#depth > MAX_DEPTH) throw new RangeError(`The formula nests over ${MAX_DEPTH} levels deep`);
		const parsed = parse();
		this.#depth--;
		return parsed;
	}

	#value(): Formula {
		const token = this.#take();
		const { text } = token;
		if (text === "(") return this.#deeper(() => this.#closed());
		if (/^[\d.]/.test(text)) return { number: Number(text) };
		if (isRef(text)) return { ref: text };
		const name = text.toLowerCase();
		if (isFunction(name)) return this.#deeper(() => this.#call(name, token));
		throw wrong(token, "a number, A to F, min, max, abs, round or (");
	}

	#closed(): Formula {
		const inner = this.#sum();
		this.#expect(")");
		return inner;
	}

	#call(call: FunctionName, token: Token): Formula {
		this.#expect("(");
		const of = [this.#sum()];
		while (this.#next.text === ",") {
			this.#take();
			of.push(this.#sum());
		}
		this.#expect(")");
		const [least, most] = FUNCTIONS[call];
		if (of.length < least || of.length > most)
			throw wrong(token, `${call} of ${least === most ? least : `${least} to ${most}`} numbers`);
		return { call, of };
	}
}

/** The queries it needs, in the order of their names. */
export function refsOf(formula: Formula): FormulaRef[] {
	if ("ref" in formula) return [formula.ref];
	if ("number" in formula) return [];
	const parts =
		"negated" in formula ? [formula.negated] : "call" in formula ? formula.of : [formula.left, formula.right];
	return [...new Set(parts.flatMap(refsOf))].sort();
}

/** The value where the queries have these. A query that is missing has none. */
export function evaluate(
	formula: Formula,
	values: Readonly<Partial<Record<FormulaRef, number | null>>>,
): number | null {
	const value = computed(formula, values);
	return value === null || !Number.isFinite(value) ? null : value;
}

function computed(formula: Formula, values: Readonly<Partial<Record<FormulaRef, number | null>>>): number | null {
	if ("number" in formula) return formula.number;
	if ("ref" in formula) return values[formula.ref] ?? null;
	const of = (part: Formula) => evaluate(part, values);
	if ("negated" in formula) {
		const value = of(formula.negated);
		return value === null ? null : -value;
	}
	if ("call" in formula) return called(formula.call, formula.of.map(of));
	const [left, right] = [of(formula.left), of(formula.right)];
	return left === null || right === null ? null : calculated(formula.operator, left, right);
}

function calculated(operator: Operator, left: number, right: number): number | null {
	if (operator === "+") return left + right;
	if (operator === "-") return left - right;
	if (operator === "*") return left * right;
	return right === 0 ? null : left / right;
}

function called(call: FunctionName, of: readonly (number | null)[]): number | null {
	const numbers = of.filter((value) => value !== null);
	if (numbers.length < of.length) return null;
	const [value = 0, digits = 0] = numbers;
	if (call === "min") return Math.min(...numbers);
	if (call === "max") return Math.max(...numbers);
	if (call === "abs") return Math.abs(value);
	const scale = 10 ** Math.max(0, Math.min(10, Math.round(digits)));
	return Math.round(value * scale) / scale;
}
