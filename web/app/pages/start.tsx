import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { DEMO_WRITE_KEY } from "../key.ts";
import { short } from "../model/format.ts";
import { INGEST, PAGEVIEW } from "../model/words.ts";
import { useActive } from "../panels/active.tsx";
import { Header } from "../panels/header.tsx";
import { Icon } from "../panels/icon.tsx";
import { Refused } from "../panels/ingest.tsx";
import { Snippet } from "../panels/snippet.tsx";
import { useWriteKey, WriteKeyField } from "../panels/write-key.tsx";
import { useWorkspace } from "../state.ts";

interface Step {
	done: boolean;
	title: string;
	waiting: string;
	arrived: string;
}

/** Events of a metric in the last day, by its socket. */
function useCount(metric: string): ReadonlySignal<number> {
	const { live } = useWorkspace();
	const count = useMemo(() => signal(0), []);
	useEffect(() => {
		const hours = new Map<string, number>();
		return live.watch(
			{ metric, measure: "count", from: "now-23h", interval: "1h" },
			{
				points(points) {
					for (const [at, value] of points) hours.set(at, value ?? 0);
					count.value = [...hours.values()].reduce((sum, value) => sum + value, 0);
				},
			},
		);
	}, [live, metric, count]);
	return count;
}

/** Two sockets never speak in the same moment: only a difference that stays this long is one. */
const SETTLED_MS = 1_500;

/** What has arrived so far: told by the sockets within a second, and by the names that the server knows. */
function useSteps(): Step[] {
	const { metrics } = useWorkspace();
	const active = useActive();
	const all = useCount("*").value;
	const views = useCount(PAGEVIEW).value;
	const [custom, setCustom] = useState(false);
	useEffect(() => {
		if (all <= views) return;
		const timer = setTimeout(() => setCustom(true), SETTLED_MS);
		return () => clearTimeout(timer);
	}, [all, views]);
	const names = metrics.value.filter((name) => name !== PAGEVIEW);
	return [
		{
			done: views > 0 || metrics.value.includes(PAGEVIEW),
			title: "Script loaded, first page view",
			waiting: "Open a page of your site that has the script.",
			arrived:
				views > 0 ? `${short(views)} ${views === 1 ? "page view" : "page views"} so far.` : "Page views are coming in.",
		},
		{
			done: all > 0 || metrics.value.length > 0,
			title: "First visitor",
			waiting: "Counts as soon as somebody is there. You are enough.",
			arrived: active ? `${active} active right now.` : "Somebody was there.",
		},
		{
			done: custom || names.length > 0,
			title: "First custom event",
			waiting: "Optional: track what matters to you.",
			arrived: names.length > 0 ? `Receiving ${names.slice(0, 3).join(", ")}.` : "The first one is in.",
		},
	];
}

/** A site's first screen: how to install, and a checklist that ticks itself. */
export function Start({ leave }: { leave: () => void }) {
	const { site } = useWorkspace();
	const steps = useSteps();
	const first = steps.some((step) => step.done);
	const refused = useCount(INGEST).value;
	const demo = site.id === "demo";
	const [typed, setTyped] = useState("");
	const pasted = useWriteKey(typed);
	const ready = demo || pasted.state === "known" || pasted.state === "unchecked";
	const writeKey = demo ? DEMO_WRITE_KEY : ready ? typed : "pk_…";
	const snippet = `<script defer src="${location.origin}/n.js" data-site="${writeKey}"></script>`;
	return (
		<div class="page">
			<Header />
			<main class="start">
				<h2 class="start-title">{first ? "It works" : `Connect ${site.name}`}</h2>
				<p class="start-lead">
					{first
						? "Events arrive, and the dashboard moves with them."
						: "Paste one line into your pages. This list ticks itself the moment the first event arrives."}
				</p>
				<section class="card start-card" aria-label="Install">
					<h3>
						<span class="step-number">1</span> Add this to the <code>&lt;head&gt;</code> of every page
					</h3>
					{!demo && <WriteKeyField value={typed} pasted={pasted} site={site.id} change={setTyped} />}
					<Snippet code={snippet} label="the script tag" unready={ready ? undefined : "Needs the write key"} />
					<h3>
						<span class="step-number">2</span> Track what matters
					</h3>
					<Snippet code={`nowcast.track("signup", { plan: "pro" })`} label="the example" />
					{demo && (
						<p class="hint">
							No site at hand? Visit the{" "}
							<a href="/shop/" target="_blank" rel="noopener">
								demo shop
							</a>{" "}
							and watch this page.
						</p>
					)}
				</section>
				<section class="card start-card" aria-label="Progress">
					<ul class="checklist" aria-live="polite">
						{steps.map((step) => (
							<li key={step.title} class={step.done ? "done" : ""}>
								<span class="tick">{step.done ? <Icon name="check" size={14} /> : <i class="waiting" />}</span>
								<div>
									<strong>
										{step.title}
										<span class="sr-only">{step.done ? ": done" : ": waiting"}</span>
									</strong>
									<p>{step.done ? step.arrived : step.waiting}</p>
								</div>
							</li>
						))}
					</ul>
					<Refused count={refused} />
					<button type="button" class="button primary" disabled={!first} onClick={leave}>
						{first ? "Open the dashboard" : "Waiting for the first event…"}
					</button>
				</section>
			</main>
		</div>
	);
}
