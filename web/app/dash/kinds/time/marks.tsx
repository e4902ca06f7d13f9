import { useState } from "preact/hooks";
import type { Annotation } from "../../../../../schema/annotation.ts";
import { placed } from "../model/annotations.ts";
import { Tip, type TipAt } from "../tip.tsx";

interface MarksProps {
	annotations: readonly Annotation[];
	/** What the chart shows, epoch ms, and how wide, px. */
	from: number;
	to: number;
	width: number;
	zone: string;
}

const percent = (share: number) => `${(share * 100).toFixed(3)}%`;

/** What happened when: a line for a moment, a tinted stretch for what lasted, each with its words on a mark. */
export function Marks({ annotations, from, to, width, zone }: MarksProps) {
	const [read, setRead] = useState<{ items: Annotation[]; at: TipAt } | null>(null);
	const { marks, stretches } = placed(annotations, { from, to, width });
	const open = (items: Annotation[]) => (event: Event) => {
		if (!(event.currentTarget instanceof Element)) return;
		const box = event.currentTarget.getBoundingClientRect();
		setRead({ items, at: { x: box.right, y: box.bottom } });
	};
	return (
		<>
			{stretches.map(({ from: start, to: end, item }) => (
				<span
					key={item.id}
					class="kind-stretch"
					style={{ insetInlineStart: percent(start), inlineSize: percent(end - start) }}
				/>
			))}
			{marks.map(({ x, items }) => (
				<span key={items[0]?.id} class="kind-mark" style={{ insetInlineStart: percent(x) }}>
					<button
						type="button"
						aria-label={items.map((item) => words(item, zone)).join("; ")}
						onMouseEnter={open(items)}
						onFocus={open(items)}
						onMouseLeave={() => setRead(null)}
						onBlur={() => setRead(null)}
					>
						{items.length > 1 && items.length}
					</button>
				</span>
			))}
			{read && (
				<Tip at={read.at}>
					{read.items.slice(0, MOST).map((item) => (
						<div key={item.id} class="kind-happened">
							<div class="kind-tip-when">{when(item, zone)}</div>
							<p>{item.text}</p>
							{(item.tags.length > 0 || item.by.name !== "") && (
								<div class="kind-tip-when">{[item.tags.join(", "), item.by.name].filter(Boolean).join(" · ")}</div>
							)}
						</div>
					))}
					{read.items.length > MOST && <div class="kind-tip-when">and {read.items.length - MOST} more</div>}
				</Tip>
			)}
		</>
	);
}

/** Annotations that a tip shows in full. */
const MOST = 4;

const words = (item: Annotation, zone: string) => `${item.text}, ${when(item, zone)}`;

function when({ at, until }: Annotation, zone: string): string {
	const write = (time: number) =>
		new Intl.DateTimeFormat("en-GB", {
			timeZone: zone,
			weekday: "short",
			day: "numeric",
			month: "short",
			hour: "2-digit",
			minute: "2-digit",
		}).format(time);
	return until === null ? write(at) : `${write(at)} to ${write(until)}`;
}
