import { useMemo, useState } from "preact/hooks";
import type { PathsAnswer } from "../../../../schema/questions.ts";
import { brief, full } from "../../model/format.ts";
import { isEvent, layoutSankey, type SankeyNode } from "../model/sankey.ts";
import { useWidth } from "./size.ts";

interface SankeyProps {
	answer: PathsAnswer;
	/** What the anchor is called. */
	anchor: string;
	direction: "next" | "previous";
	open: (label: string) => void;
}

const NODE_WIDTH = 9;
const HEIGHT = 420;
const GAP = 24; // room for a node's label under the node above
/** Above the first nodes, for their labels. */
const HEAD = 20;
/** Less a column and labels run into each other: the chart then scrolls sideways. */
const COLUMN_WIDTH = 150;

const SPECIAL: Record<string, string> = { "(end)": "left", "(start)": "began here", "(other)": "others" };
const nameOf = (node: SankeyNode, anchor: string): string =>
	node.level === 0 ? anchor : (SPECIAL[node.label] ?? node.label);

/** Who went where, as bands between steps. */
export function SankeyChart({ answer, anchor, direction, open }: SankeyProps) {
	const [host, available] = useWidth<HTMLElement>();
	const [pointed, setPointed] = useState<number | null>(null);
	const columns = Math.max(0, ...answer.nodes.map((node) => node.level)) + 1;
	const width = Math.max(available, columns * COLUMN_WIDTH);
	// Labels are right of their nodes' left edges: those of the last column need room, too.
	const labelWidth = width / columns - 12;
	const { nodes, links, height } = useMemo(
		() =>
			layoutSankey(answer, { width: width - labelWidth, height: HEIGHT, nodeWidth: NODE_WIDTH, gap: GAP, direction }),
		[answer, width, labelWidth, direction],
	);
	const names = new Map(nodes.map((node) => [node.id, nameOf(node, anchor)]));
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="sankey" ref={host} tabIndex={0} aria-label={`Paths of ${anchor}`}>
			{available > 0 && (
				<div class="sankey-area" style={{ width: `${width}px`, height: `${height + HEAD}px` }}>
					<svg width={width} height={height + HEAD} aria-hidden="true">
						<g transform={`translate(0 ${HEAD})`}>
							{links.map((link) => (
								<path
									key={`${link.source}-${link.target}`}
									class={bandClass(pointed, link.source, link.target)}
									d={link.path}
								>
									<title>{`${names.get(link.source)} → ${names.get(link.target)}: ${full(link.count, "number")}`}</title>
								</path>
							))}
						</g>
					</svg>
					{nodes.map((node) => (
						<Node
							key={node.id}
							node={node}
							name={names.get(node.id) ?? node.label}
							share={answer.total === 0 ? 0 : node.count / answer.total}
							width={labelWidth}
							open={node.level > 0 && isEvent(node.label) ? () => open(node.label) : null}
							point={(on) => setPointed(on ? node.id : null)}
						/>
					))}
				</div>
			)}
		</section>
	);
}

const bandClass = (pointed: number | null, source: number, target: number): string =>
	pointed === null ? "band" : source === pointed || target === pointed ? "band on" : "band back";

interface NodeProps {
	node: SankeyNode;
	name: string;
	share: number;
	width: number;
	open: (() => void) | null;
	point: (on: boolean) => void;
}

function Node({ node, name, share, width, open, point }: NodeProps) {
	const words = `${name}: ${full(node.count, "number")}, ${brief(share, "percent")}`;
	const shared = {
		class: `sankey-node${isEvent(node.label) ? "" : " apart"}`,
		style: { left: `${node.x}px`, top: `${node.y}px`, width: `${width}px` },
		title: words,
		onMouseEnter: () => point(true),
		onMouseLeave: () => point(false),
		onFocus: () => point(true),
		onBlur: () => point(false),
	};
	const inner = (
		<>
			<span class="sankey-name">
				<span>{name}</span> <b>{brief(node.count, "number")}</b>
			</span>
			<i style={{ height: `${node.height}px` }} />
		</>
	);
	if (!open) return <div {...shared}>{inner}</div>;
	return (
		<button type="button" aria-label={`${words}. Paths from here.`} onClick={open} {...shared}>
			{inner}
		</button>
	);
}
