/** A panel's head: its title, what it is about, and whether its figures are what they should be. */
import type { ComponentChildren } from "preact";
import type { Panel } from "../../../schema/dashboard.ts";
import type { PanelResult } from "../../../schema/panel.ts";
import { lag } from "../model/format.ts";
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { Notice } from "../panels/states.tsx";
import { relativeName } from "../time/model.ts";
import type { PanelState } from "./answer.ts";
import { hasVariables } from "./question.ts";

interface HeadProps {
	panel: Panel;
	state: PanelState;
	/** The title is the editor's, not the answer's. */
	preview: boolean;
	tools: ComponentChildren;
}

export function PanelHead({ panel, state, preview, tools }: HeadProps) {
	const { answer, failure, slow, retry } = state;
	const title = textOf(panel.title, answer?.title, preview);
	const description = textOf(panel.description, answer?.description, preview);
	return (
		<header class={`panel-head${title === "" ? " bare" : ""}`}>
			{title !== "" && <h3 title={title}>{title}</h3>}
			{description !== "" && (
				<Popover
					label="About this panel"
					name={`About ${title || "this panel"}`}
					look="icon-button panel-about"
					panel="panel-words"
					button={<Icon name="info" size={14} />}
				>
					{() => <p>{description}</p>}
				</Popover>
			)}
			{"time" in panel && panel.time && (
				<span class="panel-time muted" title={`${panel.time.from} to ${panel.time.to}`}>
					{relativeName(panel.time) ?? `${panel.time.from} to ${panel.time.to}`}
				</span>
			)}
			<span class="grow" />
			{answer && <Age results={answer.results} />}
			{answer && <Failed results={answer.results} />}
			<Notice failure={answer ? failure : null} slow={slow && answer !== null} retry={retry} />
			{tools}
		</header>
	);
}

/** With variables in place where the server put them; before it did, a text with some is not shown half done. */
function textOf(own: string, answered: string | undefined, preview: boolean): string {
	if (!hasVariables(own)) return preview ? own : (answered ?? own);
	return answered ?? "";
}

/** What is shown though the newest try failed, and since when. */
function Age({ results }: { results: readonly PanelResult[] }) {
	const failed = results.find(({ cache }) => cache?.state === "failed")?.cache;
	if (!failed) return null;
	const age = lag(Math.max(0, Date.now() - failed.at));
	return (
		<Popover
			label="Why these figures are old"
			name={`Figures are ${age} old`}
			look="panel-badge late"
			panel="panel-words"
			button={
				<>
					<Icon name="clock" size={13} /> {age} old
				</>
			}
		>
			{() => (
				<p>
					The newest try failed: {failed.warning ?? "the server did not say why"} These are the figures of{" "}
					{new Date(failed.at).toLocaleTimeString()}.
				</p>
			)}
		</Popover>
	);
}

/** Queries that have no answer, beside some that have. */
function Failed({ results }: { results: readonly PanelResult[] }) {
	const failed = results.filter(({ problem }) => problem !== undefined);
	if (failed.length === 0 || failed.length === results.length) return null;
	const names = failed.map(({ ref }) => ref).join(", ");
	return (
		<Popover
			label="Queries without an answer"
			name={`${names} failed: why`}
			look="panel-badge bad"
			panel="panel-words"
			button={
				<>
					<Icon name="warning" size={13} /> {names} failed
				</>
			}
		>
			{() =>
				failed.map(({ ref, problem }) => (
					<p key={ref}>
						<b>{ref}</b> {problem?.detail}
					</p>
				))
			}
		</Popover>
	);
}
