import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { type Align, type Block, type Inline, type Item, parseMarkdown } from "./model/markdown.ts";
import type { KindProps } from "./types.ts";

/** Words between the charts, in Markdown. */
export default function TextPanel({ panel, answer }: KindProps<"text">) {
	const markdown = answer.markdown ?? panel.markdown;
	const tree = useMemo(() => parseMarkdown(markdown), [markdown]);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="kind markdown" tabIndex={0} aria-label={answer.title || "Text"}>
			<Blocks of={tree} />
		</section>
	);
}

const Blocks = ({ of }: { of: readonly Block[] }) => (
	<>
		{of.map((block, i) => (
			<BlockView key={i} block={block} />
		))}
	</>
);

function BlockView({ block }: { block: Block }): VNode {
	switch (block.kind) {
		case "heading":
			return <Heading level={block.level} of={block.of} />;
		case "paragraph":
			return (
				<p>
					<Inlines of={block.of} />
				</p>
			);
		case "line":
			return <Inlines of={block.of} />;
		case "code":
			return (
				<pre>
					<code>{block.text}</code>
				</pre>
			);
		case "quote":
			return (
				<blockquote>
					<Blocks of={block.of} />
				</blockquote>
			);
		case "list":
			return <List start={block.start} items={block.items} />;
		case "table":
			return <Table align={block.align} head={block.head} rows={block.rows} />;
		case "rule":
			return <hr />;
	}
}

/** The page's own headings come first, and those of panels: a text's begin below them. */
function Heading({ level, of }: { level: number; of: readonly Inline[] }) {
	const inner = <Inlines of={of} />;
	if (level === 1) return <h3 class="h1">{inner}</h3>;
	if (level === 2) return <h4 class="h2">{inner}</h4>;
	return level === 3 ? <h5 class="h3">{inner}</h5> : <h6 class="h4">{inner}</h6>;
}

function List({ start, items }: { start: number | null; items: readonly Item[] }) {
	const inner = items.map(({ done, of }, i) => (
		<li key={i} class={done === null ? "" : "task"}>
			{done !== null && <input type="checkbox" checked={done} disabled aria-label={done ? "done" : "to do"} />}
			<Blocks of={of} />
		</li>
	));
	return start === null ? <ul>{inner}</ul> : <ol start={start}>{inner}</ol>;
}

interface TableProps {
	align: readonly Align[];
	head: readonly Inline[][];
	rows: readonly Inline[][][];
}

function Table({ align, head, rows }: TableProps) {
	const side = (i: number) => ({ textAlign: align[i] ?? "left" });
	return (
		<div class="markdown-table">
			<table>
				<thead>
					<tr>
						{head.map((cell, i) => (
							<th key={i} scope="col" style={side(i)}>
								<Inlines of={cell} />
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row, i) => (
						<tr key={i}>
							{row.map((cell, at) => (
								<td key={at} style={side(at)}>
									<Inlines of={cell} />
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

const Inlines = ({ of }: { of: readonly Inline[] }) => (
	<>
		{of.map((one, i) => (
			<InlineView key={i} one={one} />
		))}
	</>
);

function InlineView({ one }: { one: Inline }): VNode {
	switch (one.kind) {
		case "text":
			return <>{one.text}</>;
		case "strong":
			return (
				<strong>
					<Inlines of={one.of} />
				</strong>
			);
		case "em":
			return (
				<em>
					<Inlines of={one.of} />
				</em>
			);
		case "del":
			return (
				<del>
					<Inlines of={one.of} />
				</del>
			);
		case "code":
			return <code>{one.text}</code>;
		case "break":
			return <br />;
		case "link":
			return (
				<a
					href={one.href}
					{...(one.title !== null && { title: one.title })}
					{...(one.outside && { target: "_blank", rel: "noopener noreferrer" })}
				>
					<Inlines of={one.of} />
				</a>
			);
		case "picture":
			return <img src={one.src} alt={one.alt} {...(one.title !== null && { title: one.title })} />;
	}
}
