import { expect, test } from "vitest";
import { type Block, type Inline, parseMarkdown } from "./markdown.ts";

/** Every link and picture of a tree. */
function targets(of: readonly (Block | Inline)[]): string[] {
	return of.flatMap((one): string[] => {
		if (one.kind === "link") return [one.href, ...targets(one.of)];
		if (one.kind === "picture") return [one.src];
		if (one.kind === "list") return one.items.flatMap((item) => targets(item.of));
		if (one.kind === "table") return [one.head, ...one.rows].flat().flatMap(targets);
		return "of" in one ? targets(one.of) : [];
	});
}
function words(of: readonly (Block | Inline)[]): string {
	return of
		.map((one): string => {
			if ("text" in one) return one.text;
			if (one.kind === "list") return one.items.map((item) => words(item.of)).join(" ");
			return "of" in one ? words(one.of) : "";
		})
		.join("");
}

test("headings, lists, tasks, tables and code", () => {
	const tree = parseMarkdown(
		"# A **b**\n\n3. x\n4. y\n\n- [x] done\n\n| a | b |\n|:-|-:|\n| 1 | `2` |\n\n```js\nx < 1\n```\n\n> q\n\n---\n",
	);
	expect(tree.map(({ kind }) => kind)).toEqual(["heading", "list", "list", "table", "code", "quote", "rule"]);
	expect(tree[1]).toMatchObject({ start: 3, items: [{ done: null }, { done: null }] });
	expect(tree[2]).toMatchObject({ start: null, items: [{ done: true }] });
	expect(tree[3]).toMatchObject({ align: ["left", "right"], rows: [[[{ text: "1" }], [{ kind: "code", text: "2" }]]] });
	expect(tree[4]).toEqual({ kind: "code", text: "x < 1" });
});

test("HTML is text, as it was written", () => {
	for (const html of [
		"<script>alert(1)</script>",
		"<img src=x onerror=alert(1)>",
		"a <b onclick=alert(1)>b</b>",
		"<svg/onload=alert(1)>",
		"<a href='javascript:alert(1)'>x</a>",
		"<!-- <script>alert(1)</script> -->",
		"<style>*{display:none}</style>",
	]) {
		const tree = parseMarkdown(html);
		expect(words(tree)).toBe(html);
		expect(targets(tree)).toEqual([]);
	}
});

test("links that do not lead to the web, to mail or within the app are their text", () => {
	for (const href of [
		"javascript:alert(1)",
		"JaVaScRiPt:alert(1)",
		"<java\tscript:alert(1)>",
		"<\u0001javascript:alert(1)>",
		"vbscript:x",
		"data:text/html,<script>alert(1)</script>",
		"blob:https://a/b",
		"file:///etc/passwd",
		"intent://x",
	])
		expect(targets(parseMarkdown(`[click](${href})`))).toEqual([]);
	expect(words(parseMarkdown("[click](javascript:alert(1))"))).toContain("click");
});

test("an entity in an address stays what it is: the browser reads it as a path of this app", () => {
	const [link] = parseMarkdown("[x](javascript&colon;alert(1))").flatMap((one) => ("of" in one ? one.of : []));
	const href = link?.kind === "link" ? link.href : "";
	expect(new URL(href, "https://app.example/d/1").protocol).toBe("https:");
});

test("reference links and autolinks are held to the same", () => {
	expect(targets(parseMarkdown("[x][1]\n\n[1]: javascript:alert(1)"))).toEqual([]);
	expect(targets(parseMarkdown("<javascript:alert(1)>"))).toEqual([]);
	expect(targets(parseMarkdown("www.example.com"))).toEqual(["http://www.example.com"]);
});

test("links within the app stay in it, others say that they leave", () => {
	const outside = (markdown: string) =>
		parseMarkdown(markdown).flatMap((one) =>
			"of" in one ? one.of.flatMap((link) => ("outside" in link ? [link.outside] : [])) : [],
		);
	expect(outside("[a](/d/abc) [b](?from=now-1h) [c](#x)")).toEqual([false, false, false]);
	expect(outside("[a](https://example.com) [b](//example.com) [c](mailto:a@b.c)")).toEqual([true, true, true]);
});

test("pictures come with the text or are links: the page loads none from elsewhere", () => {
	expect(parseMarkdown("![alt](data:image/png;base64,AAAA)")).toMatchObject([
		{ of: [{ kind: "picture", alt: "alt" }] },
	]);
	expect(parseMarkdown("![alt](https://example.com/x.png)")).toMatchObject([
		{ of: [{ kind: "link", outside: true, of: [{ text: "alt" }] }] },
	]);
	expect(targets(parseMarkdown("![x](javascript:alert(1)) ![y](data:text/html,x)"))).toEqual([]);
});

test("entities are the characters they stand for", () => {
	expect(words(parseMarkdown("a &amp; b &lt;i&gt; &#65;&#x42; &nope;"))).toBe("a & b <i> AB &nope;");
});
