import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { RawMeta } from "../../../../schema/query.ts";
import type { Failure } from "../../api.ts";
import { soFar } from "../../charts/axes.ts";
import { Explained } from "../../panels/explained.tsx";
import { Icon } from "../../panels/icon.tsx";
import { Nothing, Notice, Problem } from "../../panels/states.tsx";
import { show, useWorkspace } from "../../state.ts";
import type { Cell, Table } from "../model/tables.ts";
import type { Answered } from "../state.ts";

interface AnswerProps<T extends { meta: RawMeta }> {
	label: string;
	loaded: Answered<T>;
	/** The shape of what is to come. */
	skeleton: ComponentChildren;
	/** Is there nothing in it? */
	isEmpty: (data: T) => boolean;
	/** Was anything narrowed, so that nothing is no wonder? Then this clears it. */
	clear: (() => void) | null;
	children: (data: T) => ComponentChildren;
	/** Stands over the answer, to the left; and to the right. */
	tools?: ComponentChildren;
	aside?: ComponentChildren;
}

/** The card of an answer: never blank, and each of its states looks like what it is. */
export function AnswerCard<T extends { meta: RawMeta }>(props: AnswerProps<T>) {
	const { label, loaded, tools, aside } = props;
	const { data, failure, stale, slow, loading, retry } = loaded;
	return (
		<section class="card answer" aria-label={label}>
			<div class="answer-tools">
				{tools}
				<span class="answer-aside">
					<Notice failure={data ? failure : null} slow={slow && data !== null} retry={retry} />
					{aside}
				</span>
			</div>
			<div class={`answer-body${stale ? " dim" : ""}`} aria-busy={loading}>
				<AnswerBody {...props} />
			</div>
			{data && <Meta meta={data.meta} />}
			{!data && !failure && <p class="answer-wait">{slow ? "Still reading. Long ranges have many events…" : " "}</p>}
		</section>
	);
}

function AnswerBody<T extends { meta: RawMeta }>({ loaded, skeleton, isEmpty, clear, children }: AnswerProps<T>) {
	const { metrics } = useWorkspace();
	const { data, failure, retry, settle } = loaded;
	// An event that nobody ever sent is no mistake where nobody sent any.
	if (!data && failure?.code === "metric" && metrics.value.length === 0) return <NothingFound clear={null} />;
	if (!data && failure) return <TooLong failure={failure} retry={retry} settle={settle} />;
	if (!data) return skeleton;
	return isEmpty(data) ? <NothingFound clear={clear} /> : children(data);
}

/** Took longer than a question may. */
const TIMED_OUT = 504;

/** What went wrong; and where time ran out, part of the answer as a way on. */
function TooLong({ failure, retry, settle }: { failure: Failure; retry: () => void; settle: () => void }) {
	return (
		<>
			<Problem failure={failure} retry={retry} />
			{failure.status === TIMED_OUT && (
				<p class="answer-settle">
					<button type="button" class="quiet" onClick={settle}>
						Show what can be read in time
					</button>
				</p>
			)}
		</>
	);
}

const NothingFound = ({ clear }: { clear: (() => void) | null }) => (
	<Nothing clear={clear} filtered="No event of this period fits the question.">
		<p>Try a longer one.</p>
		<button type="button" class="button small" onClick={() => show({ range: "90d" })}>
			Last 90 days
		</button>
	</Nothing>
);

/** Where the answer came from and how exact it is; and whether it is all of it. */
function Meta({ meta }: { meta: RawMeta }) {
	return (
		<>
			{meta.coverage !== undefined && meta.coverage < 1 && (
				<p class="answer-partial" role="status">
					The time for this question ran out. By then about {Math.round(meta.coverage * 100)} % of the visitors had been
					read: this is what they did. A shorter period is answered in full.
				</p>
			)}
			<Explained meta={{ ...meta, interval: meta.interval ?? "" }} />
		</>
	);
}

/** Says what the dashed end of a line is: a bucket that still counts, and no plunge. */
export function OpenKey({ at, meta }: { at: number | undefined; meta: RawMeta }) {
	if (at === undefined) return null;
	return (
		<span class="legend so-far">
			<i class="key open" /> {soFar(at, meta.interval ?? "", meta.timezone)}
		</span>
	);
}

/** Between the chart and the table behind it. */
export const TableSwitch = ({ table, set }: { table: boolean; set: (table: boolean) => void }) => (
	<button type="button" class="quiet" aria-pressed={table} onClick={() => set(!table)}>
		<Icon name={table ? "chart" : "table"} size={15} /> {table ? "Chart" : "Table"}
	</button>
);

/** Rows at once: a browser slows down past some thousands, and nobody reads them. */
const SHOWN = 200;

export type Format = (cell: Cell, column: number) => ComponentChildren;

/** The table behind a chart. The first column heads each row. */
export function DataTable({ table, label, format }: { table: Table; label: string; format: Format }) {
	const [all, setAll] = useState(false);
	const rows = all ? table.rows : table.rows.slice(0, SHOWN);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="table-scroll" tabIndex={0} aria-label={`${label} as a table`}>
			<table>
				<thead>
					<tr>
						{table.head.map((name, column) => (
							<th scope="col" key={name} class={typeof table.rows[0]?.[column] === "string" ? "text" : ""}>
								{name}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row, i) => (
						<tr key={i}>
							{row.map((cell, column) =>
								column === 0 ? (
									<th scope="row" key={column}>
										{format(cell, column)}
									</th>
								) : (
									<td key={column} class={typeof cell === "string" ? "text" : ""}>
										{format(cell, column)}
									</td>
								),
							)}
						</tr>
					))}
				</tbody>
			</table>
			{table.rows.length > rows.length && (
				<button type="button" class="button small table-more" onClick={() => setAll(true)}>
					Show all {table.rows.length.toLocaleString("en")} rows
				</button>
			)}
		</section>
	);
}
