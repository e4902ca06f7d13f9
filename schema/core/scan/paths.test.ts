import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PathsAnswer } from "../../questions.ts";
import { PAGEVIEW } from "../flag.ts";
import { rowsFor, splits } from "./laws.testing.ts";
import { type PathsScan, paths } from "./paths.ts";
import { finishPaths } from "./paths-answer.ts";
import { batchOf, type TestEvent } from "./testing.ts";
import { Trie } from "./trie.ts";

const MINUTE = 60_000;
const FIELDS = ["name", "path", "country"];
const asked = (more: Partial<PathsScan> = {}): PathsScan => ({
	kind: "paths",
	from: 0,
	to: 1000 * MINUTE,
	where: null,
	anchor: { event: "signup", label: "signup", where: null },
	direction: "next",
	by: "page_or_event",
	depth: 3,
	limit: 5,
	within: "session",
	...more,
});

/** `/a` is a page view, other words are events; one a minute, `-` a session's gap. */
function visit(visitor: number, words: string): TestEvent[] {
	let ts = 0;
	return words.split(" ").flatMap((word) => {
		ts += word === "-" ? 60 * MINUTE : MINUTE;
		if (word === "-") return [];
		return [
			word.startsWith("/") ? { visitor, ts, name: PAGEVIEW, texts: { path: word } } : { visitor, ts, name: word },
		];
	});
}

function answer(question: PathsScan, ...events: TestEvent[][]): PathsAnswer {
	const rows = rowsFor(paths, question, batchOf(events.flat(), FIELDS));
	return PathsAnswer.parse(finishPaths(question, paths.run(question, rows)));
}

/** Links as `0 signup → 1 /a: 2`. */
const links = ({ nodes, links: all }: PathsAnswer) =>
	all.map(({ source, target, count }) => {
		const [a, b] = [nodes[source], nodes[target]];
		return `${a?.level} ${a?.label} → ${b?.level} ${b?.label}: ${count}`;
	});

describe("paths", () => {
	it("tells what comes next, step by step, and where it ends", () => {
		const got = answer(asked({ depth: 2 }), visit(1, "/x signup /a buy"), visit(2, "signup /a"), visit(3, "signup"));
		expect(got.total).toBe(3);
		expect(links(got)).toEqual(["0 signup → 1 /a: 2", "0 signup → 1 (end): 1", "1 /a → 2 buy: 1", "1 /a → 2 (end): 1"]);
	});

	it("tells what came before", () => {
		const got = answer(asked({ direction: "previous", depth: 2 }), visit(1, "/x /a signup /b"), visit(2, "/a signup"));
		expect(links(got)).toEqual(["0 signup → 1 /a: 2", "1 /a → 2 /x: 1", "1 /a → 2 (start): 1"]);
	});

	it("repeats of a label are one step, and so are those of the anchor", () => {
		const got = answer(asked(), visit(1, "signup signup /a /a /b /a"));
		expect(links(got)).toEqual(["0 signup → 1 /a: 1", "1 /a → 2 /b: 1", "2 /b → 3 /a: 1"]);
	});

	it("every occurrence of the anchor is a path", () => {
		const got = answer(asked({ depth: 1 }), visit(1, "signup /a signup /b"));
		expect(links(got)).toEqual(["0 signup → 1 /a: 1", "0 signup → 1 /b: 1"]);
	});

	it("stays in the session, unless asked for all of a visitor", () => {
		const events = visit(1, "signup - /a");
		expect(links(answer(asked(), events))).toEqual(["0 signup → 1 (end): 1"]);
		expect(links(answer(asked({ within: "visitor", depth: 1 }), events))).toEqual(["0 signup → 1 /a: 1"]);
	});

	it("by page: events are passed over, also as an anchor", () => {
		const got = answer(asked({ by: "page", depth: 2 }), visit(1, "/a signup click /a click /b"));
		expect(links(got)).toEqual(["0 signup → 1 /a: 1", "1 /a → 2 /b: 1"]);
	});

	it("by event: page views are one label", () => {
		const got = answer(asked({ by: "event", depth: 2 }), visit(1, "signup /a /b buy"));
		expect(links(got)).toEqual(["0 signup → 1 pageview: 1", "1 pageview → 2 buy: 1"]);
	});

	it("begins at a page, where the anchor has a filter", () => {
		const anchor = { event: PAGEVIEW, label: "/a", where: { dim: "path", op: "eq" as const, values: ["/a"] } };
		const got = answer(asked({ anchor, depth: 1 }), visit(1, "/b /a /c"), visit(2, "/a"));
		expect(links(got)).toEqual(["0 /a → 1 /c: 1", "0 /a → 1 (end): 1"]);
	});

	it("past the limit of a level, labels are (other), and go on from there", () => {
		const got = answer(
			asked({ limit: 1, depth: 2 }),
			visit(1, "signup /a /b"),
			visit(2, "signup /a"),
			visit(3, "signup /c /b"),
			visit(4, "signup /d"),
		);
		expect(links(got)).toEqual([
			"0 signup → 1 /a: 2",
			"0 signup → 1 (other): 2",
			"1 /a → 2 /b: 1",
			"1 /a → 2 (end): 1",
			"1 (other) → 2 /b: 1",
			"1 (other) → 2 (end): 1",
		]);
	});

	it("only of the range, and of what the filters choose", () => {
		const events = visit(1, "signup /a /b");
		expect(answer(asked({ from: 2 * MINUTE }), events).total).toBe(0);
		const where = { dim: "path", op: "neq" as const, values: ["/a"] };
		expect(links(answer(asked({ where, depth: 1 }), events))).toEqual(["0 signup → 1 /b: 1"]);
	});

	const event = fc.record({
		visitor: fc.integer({ min: 1, max: 5 }),
		minute: fc.integer({ min: 0, max: 200 }),
		word: fc.constantFrom("signup", "buy", "/a", "/b", "/c"),
	});
	const question = fc.record({
		direction: fc.constantFrom<PathsScan["direction"]>("next", "previous"),
		by: fc.constantFrom<PathsScan["by"]>("page_or_event", "page", "event"),
		within: fc.constantFrom<PathsScan["within"]>("session", "visitor"),
		depth: fc.integer({ min: 1, max: 4 }),
		limit: fc.integer({ min: 1, max: 3 }),
	});

	it("I3: is the same however visitors are split, and every level but the ends adds up", () => {
		fc.assert(
			fc.property(question, fc.array(event, { maxLength: 50 }), fc.integer({ min: 1, max: 4 }), (q, list, parts) => {
				const events = list.map(({ visitor, minute, word }) => ({
					...(visit(visitor, word)[0] as TestEvent),
					ts: minute * MINUTE,
				}));
				const scan = asked(q);
				const answers = splits(paths, scan, batchOf(events, FIELDS), parts).map((p) => finishPaths(scan, p));
				expect(answers[1]).toEqual(answers[0]);
				expect(answers[2]).toEqual(answers[0]);
				const { nodes, links: all } = answers[0] as PathsAnswer;
				for (const { id, level, label, count } of nodes) {
					const sum = (of: typeof all) => of.reduce((total, link) => total + link.count, 0);
					if (level > 0) expect(sum(all.filter((link) => link.target === id))).toBe(count);
					const ends = level === scan.depth || label === "(end)" || label === "(start)";
					if (!ends) expect(sum(all.filter((link) => link.source === id))).toBe(count);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("I8: a cut tree keeps its largest branches, and tells the rest as (other)", () => {
		const trie = new Trie();
		for (let i = 0; i < 100; i++) {
			trie.add(0, 1);
			const first = trie.child(0, trie.intern(i < 60 ? "/a" : `/${i}`));
			trie.add(first, 1);
			trie.add(trie.child(first, trie.intern(i < 40 ? "/b" : `/${i}`)), 1);
		}
		const tree = trie.partial(3);
		expect([tree.count, tree.exact]).toEqual([[100, 60, 40], false]);
		const got = finishPaths(asked({ depth: 2 }), { rowsRead: 0, exact: false, tree });
		expect(links(got)).toEqual([
			"0 signup → 1 /a: 60",
			"0 signup → 1 (other): 40",
			"1 /a → 2 /b: 40",
			"1 /a → 2 (other): 20",
		]);
	});
});
