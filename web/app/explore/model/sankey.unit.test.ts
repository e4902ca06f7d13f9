import fc from "fast-check";
import { expect, test } from "vitest";
import { layoutSankey, type SankeyOptions } from "./sankey.ts";

const OPTIONS: SankeyOptions = { width: 900, height: 300, nodeWidth: 10, gap: 8, direction: "next" };

/** Random paths, counted into nodes and links as the server does. */
const paths = fc.array(fc.array(fc.constantFrom("/a", "/b", "/c", "(other)"), { minLength: 1, maxLength: 4 }), {
	minLength: 1,
	maxLength: 60,
});
function graph(walks: readonly string[][]) {
	const nodes = new Map<string, { id: number; level: number; label: string; count: number }>();
	const links = new Map<string, { source: number; target: number; count: number }>();
	for (const walk of walks) {
		let before: number | null = null;
		for (const [level, label] of ["anchor", ...walk, "(end)"].entries()) {
			const node = nodes.get(`${level}${label}`) ?? { id: nodes.size, level, label, count: 0 };
			node.count++;
			nodes.set(`${level}${label}`, node);
			if (before !== null) {
				const link = links.get(`${before}-${node.id}`) ?? { source: before, target: node.id, count: 0 };
				link.count++;
				links.set(`${before}-${node.id}`, link);
			}
			before = node.id;
		}
	}
	return { nodes: [...nodes.values()], links: [...links.values()] };
}

test("nodes of a column do not overlap, and stand in its height", () => {
	fc.assert(
		fc.property(paths, (walks) => {
			const { nodes, height } = layoutSankey(graph(walks), OPTIONS);
			for (const a of nodes) {
				expect(a.y + a.height).toBeLessThanOrEqual(height + 1e-6);
				for (const b of nodes)
					if (a !== b && a.level === b.level)
						expect(a.y + a.height <= b.y + 1e-6 || b.y + b.height <= a.y + 1e-6).toBe(true);
			}
		}),
	);
});

test("ribbons begin and end within their nodes", () => {
	fc.assert(
		fc.property(paths, fc.constantFrom("next" as const, "previous" as const), (walks, direction) => {
			const { nodes, links } = layoutSankey(graph(walks), { ...OPTIONS, direction });
			const byId = new Map(nodes.map((node) => [node.id, node]));
			for (const link of links) {
				const [a, b] = [byId.get(link.source), byId.get(link.target)].sort((p, q) => (p?.x ?? 0) - (q?.x ?? 0));
				if (!a || !b) throw new Error("a link without its node");
				expect(link.y0).toBeGreaterThanOrEqual(a.y - 1e-6);
				expect(link.y0 + link.thickness).toBeLessThanOrEqual(a.y + a.height + 1e-6);
				expect(link.y1).toBeGreaterThanOrEqual(b.y - 1e-6);
				expect(link.y1 + link.thickness).toBeLessThanOrEqual(b.y + b.height + 1e-6);
			}
		}),
	);
});

test("the anchor is left of what follows, and right of what came before", () => {
	const answer = graph([["/a"], ["/b"], ["/a"]]);
	const next = layoutSankey(answer, OPTIONS).nodes;
	expect(next.find((node) => node.level === 0)?.x).toBe(0);
	const previous = layoutSankey(answer, { ...OPTIONS, direction: "previous" }).nodes;
	expect(previous.find((node) => node.level === 0)?.x).toBe(OPTIONS.width - OPTIONS.nodeWidth);
});

test("what passed the limit, and the ends, stand at the bottom however large they are", () => {
	const { nodes } = layoutSankey(graph([["(other)"], ["(other)"], ["(other)"], ["/a"], []]), OPTIONS);
	const first = nodes.filter((node) => node.level === 1).sort((a, b) => a.y - b.y);
	expect(first.map((node) => node.label)).toEqual(["/a", "(other)", "(end)"]);
});

test("nothing has a layout too", () => {
	expect(layoutSankey({ nodes: [], links: [] }, OPTIONS)).toEqual({ nodes: [], links: [], height: 300 });
});
