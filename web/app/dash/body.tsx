/** What stands in a panel: its kind, the table behind it, or a word why neither does. */
import type { ComponentChildren } from "preact";
import { useErrorBoundary, useMemo } from "preact/hooks";
import type { Panel, PanelKind } from "../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../schema/panel.ts";
import { Failure } from "../api.ts";
import { Nothing, Problem } from "../panels/states.tsx";
import type { PanelState } from "./answer.ts";
import { isEmpty, Kind, sheetOf } from "./kinds/index.ts";
import type { Surroundings } from "./kinds/types.ts";
import { nameOf } from "./titles.ts";

interface BodyProps {
	panel: Panel;
	state: PanelState;
	around: Surroundings;
	/** The figures as a table. */
	table: boolean;
	clear: (() => void) | null;
}

export function PanelBody(props: BodyProps) {
	const { stale, slow } = props.state;
	return (
		<div class={`panel-body${stale ? " dim" : ""}`}>
			<Content {...props} />
			{slow && !props.state.answer && !props.state.failure && (
				<p class="panel-slow" role="status">
					Still loading…
				</p>
			)}
		</div>
	);
}

function Content({ panel, state, around, table, clear }: BodyProps) {
	const { answer, failure, retry } = state;
	if (!answer) return failure ? <Problem failure={failure} retry={retry} /> : <Skeleton kind={panel.kind} />;
	const problem = wholeProblem(answer);
	if (problem) return <Problem failure={problem} retry={retry} />;
	// What does not fit the panel as it is now (the editor changed its kind) answers another question.
	if (isEmpty(panel, answer)) return <Nothing clear={clear} clearLabel="Choose all" />;
	return (
		<Guarded key={panel.kind} retry={retry}>
			{table ? (
				<SheetTable panel={panel} answer={answer} around={around} />
			) : (
				<Kind panel={panel} answer={answer} around={around} live={state.live} />
			)}
		</Guarded>
	);
}

/** Why there is no answer at all, where no query has one. */
function wholeProblem({ results }: PanelAnswer): Failure | null {
	if (results.length === 0 || results.some(({ answer }) => answer !== undefined)) return null;
	const { problem } = results[0] ?? {};
	if (!problem) return new Failure(500, "", "The server answered without figures.");
	const word = results.length > 1 ? `${results[0]?.ref}: ${problem.detail}` : problem.detail;
	return new Failure(problem.status, "", word);
}

/** A kind that fails takes its own panel down, not the page. */
function Guarded({ children, retry }: { children: ComponentChildren; retry: () => void }) {
	const [error, reset] = useErrorBoundary();
	if (error === undefined || error === null) return <>{children}</>;
	const words = error instanceof Error ? error.message : String(error);
	return (
		<Problem
			failure={new Failure(0, "bug", `This panel could not be drawn: ${words}`)}
			retry={() => {
				reset();
				retry();
			}}
		/>
	);
}

/** Rows at once: a browser slows down past some hundreds, and nobody reads them. */
const ROWS = 300;

function SheetTable({ panel, answer, around }: { panel: Panel; answer: PanelAnswer; around: Surroundings }) {
	const { zone, currency, weekStart } = around;
	const sheet = useMemo(
		() => sheetOf(panel, answer, { zone, currency, weekStart }),
		[panel, answer, zone, currency, weekStart],
	);
	const rows = sheet.rows.slice(0, ROWS);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="table-scroll panel-sheet" tabIndex={0} aria-label={`${nameOf(panel, answer)} as a table`}>
			<table>
				<thead>
					<tr>
						{sheet.columns.map(({ name, numeric }, i) => (
							<th scope="col" key={i} class={numeric ? "" : "text"}>
								{name}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map(({ cells }, row) => (
						<tr key={row}>
							{cells.map(({ text, title }, i) => (
								<td key={i} class={sheet.columns[i]?.numeric ? "" : "text"} title={title && text}>
									{title ?? text}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
			{sheet.rows.length > rows.length && (
				<p class="muted panel-more">
					The first {ROWS} of {sheet.rows.length.toLocaleString("en")} rows; the CSV has all.
				</p>
			)}
		</section>
	);
}

/** Parts of each shape, drawn by the style sheet. */
const PARTS: Record<PanelKind, number> = {
	line: 1,
	area: 1,
	bar: 12,
	pie: 1,
	heatmap: 7,
	table: 6,
	stat: 2,
	map: 1,
	funnel: 4,
	retention: 6,
	text: 4,
};

/** The shape of what is to come. */
export function Skeleton({ kind }: { kind: PanelKind }) {
	return (
		<div class={`shape shape-${kind}`} aria-hidden="true">
			{Array.from({ length: PARTS[kind] }, (_, i) => (
				<span key={i} class="skeleton" style={{ "--part": i }} />
			))}
		</div>
	);
}
