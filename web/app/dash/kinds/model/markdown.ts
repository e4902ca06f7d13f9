/**
 * Markdown as a tree that has nothing in it but what is listed here. HTML is text; links lead to the web, to mail, or
 * within the app; pictures are shown where the page may load them (data), else named. What draws the tree (text.tsx)
 * never sets HTML.
 */
import { Lexer, type MarkedToken, type Token, type Tokens } from "marked";

export type Inline =
	| { kind: "text"; text: string }
	| { kind: "strong" | "em" | "del"; of: Inline[] }
	| { kind: "code"; text: string }
	| { kind: "break" }
	/** `outside`: leads away from the app. */
	| { kind: "link"; href: string; title: string | null; outside: boolean; of: Inline[] }
	| { kind: "picture"; src: string; alt: string; title: string | null };

export interface Item {
	/** Of a list of tasks; null: a plain item. */
	done: boolean | null;
	of: Block[];
}

export type Align = "left" | "right" | "center" | null;
export type Block =
	| { kind: "heading"; level: number; of: Inline[] }
	| { kind: "paragraph" | "line"; of: Inline[] }
	| { kind: "code"; text: string }
	| { kind: "quote"; of: Block[] }
	| { kind: "list"; start: number | null; items: Item[] }
	| { kind: "table"; align: Align[]; head: Inline[][]; rows: Inline[][][] }
	| { kind: "rule" };

export const parseMarkdown = (markdown: string): Block[] => blocks(new Lexer({ gfm: true }).lex(markdown));

/** marked's own tokens; extensions, which would bring others, are not used. */
const known = (tokens: readonly Token[]): MarkedToken[] =>
	tokens.filter((token): token is MarkedToken => token.type in KNOWN);
const KNOWN: Record<MarkedToken["type"], true> = {
	blockquote: true,
	br: true,
	checkbox: true,
	code: true,
	codespan: true,
	def: true,
	del: true,
	em: true,
	escape: true,
	heading: true,
	hr: true,
	html: true,
	image: true,
	link: true,
	list: true,
	list_item: true,
	paragraph: true,
	space: true,
	strong: true,
	table: true,
	text: true,
};

const blocks = (tokens: readonly Token[]): Block[] => known(tokens).flatMap(block);

function block(token: MarkedToken): Block[] {
	switch (token.type) {
		case "heading":
			return [{ kind: "heading", level: token.depth, of: inlines(token.tokens) }];
		case "paragraph":
			return [{ kind: "paragraph", of: inlines(token.tokens) }];
		case "text":
			return [{ kind: "line", of: token.tokens ? inlines(token.tokens) : [plain(token.text)] }];
		case "code":
			return [{ kind: "code", text: token.text }];
		case "blockquote":
			return [{ kind: "quote", of: blocks(token.tokens) }];
		case "list":
			return [listOf(token)];
		case "table":
			return [tableOf(token)];
		case "hr":
			return [{ kind: "rule" }];
		case "html":
			return [{ kind: "paragraph", of: [{ kind: "text", text: token.text.trimEnd() }] }];
		case "space":
		case "def":
		case "checkbox":
			return [];
		default:
			return [{ kind: "line", of: inline(token) }];
	}
}

const listOf = ({ ordered, start, items }: Tokens.List): Block => ({
	kind: "list",
	start: ordered ? Number(start) || 1 : null,
	items: items.map(({ task, checked, tokens }) => ({ done: task ? checked === true : null, of: blocks(tokens) })),
});

const tableOf = ({ align, header, rows }: Tokens.Table): Block => ({
	kind: "table",
	align: [...align],
	head: header.map(({ tokens }) => inlines(tokens)),
	rows: rows.map((row) => row.map(({ tokens }) => inlines(tokens))),
});

const inlines = (tokens: readonly Token[]): Inline[] => known(tokens).flatMap(inline);

function inline(token: MarkedToken): Inline[] {
	switch (token.type) {
		case "strong":
		case "em":
		case "del":
			return [{ kind: token.type, of: inlines(token.tokens) }];
		case "codespan":
			return [{ kind: "code", text: token.text }];
		case "br":
			return [{ kind: "break" }];
		case "link":
			return link(token);
		case "image":
			return picture(token);
		case "text":
			return token.tokens ? inlines(token.tokens) : [plain(token.text)];
		case "escape":
			return [{ kind: "text", text: token.text }];
		case "checkbox":
			return [];
		default:
			// HTML among others: what was written.
			return [{ kind: "text", text: token.raw }];
	}
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Into text, which no browser reads as HTML: `&lt;b>` shows as `<b>`. */
const plain = (text: string): Inline => ({
	kind: "text",
	text: text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
		if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
		const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
		return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
	}),
});

const SCHEMES: readonly string[] = ["http:", "https:", "mailto:"];
/** Stands for the app's own address: only what has no scheme of its own takes this one. */
const HERE = "https://nowcast.invalid";

/** Read as browsers read it, who drop tabs and line breaks within a scheme. */
function address(href: string): URL | null {
	return URL.canParse(href, HERE) ? new URL(href, HERE) : null;
}

function link({ href, title, tokens }: Tokens.Link): Inline[] {
	const url = address(href);
	const of = inlines(tokens);
	// A link that may not be one is its text.
	if (url === null || !SCHEMES.includes(url.protocol)) return of;
	return [{ kind: "link", href, title: title ?? null, outside: url.origin !== HERE, of }];
}

const PICTURE = /^data:image\/(png|jpeg|gif|webp|avif|svg\+xml)[;,]/i;

/** The page loads no pictures from elsewhere: those are links. */
function picture({ href, text, title }: Tokens.Image): Inline[] {
	if (PICTURE.test(href)) return [{ kind: "picture", src: href, alt: text, title }];
	const url = address(href);
	const alt: Inline = { kind: "text", text: text || href };
	if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return [{ kind: "text", text }];
	return [{ kind: "link", href, title, outside: url.origin !== HERE, of: [alt] }];
}
