import { useState } from "preact/hooks";
import { useAction } from "../action.ts";
import { Failure, type Site } from "../api.ts";
import { session } from "../key.ts";
import { Field } from "../panels/field.tsx";
import { Icon } from "../panels/icon.tsx";
import { follow, INSTALL } from "../route.ts";
import { siteChanges, useWorkspace } from "../state.ts";
import { changeSite, refreshSession, siteNow } from "./api.ts";
import { Confirm, Outcome, Section, Select } from "./parts.tsx";
import { changesOf, formOf, problemsOf, type SiteForm } from "./site-form.ts";

const CURRENCIES = [["", "None"], ...Intl.supportedValuesOf("currency").map((code) => [code, code] as const)] as const;
const WEEK_STARTS = [
	["monday", "Monday"],
	["sunday", "Sunday"],
] as const;

interface PartProps {
	form: SiteForm;
	change: (change: Partial<SiteForm>) => void;
	problems: ReturnType<typeof problemsOf>;
	site: Site;
}

function Lines({
	label,
	hint,
	value,
	problem,
	change,
}: {
	label: string;
	hint: string;
	value: string;
	problem: string | undefined;
	change: (value: string) => void;
}) {
	return (
		<label class="field">
			<span>{label}</span>
			<textarea
				rows={3}
				spellcheck={false}
				placeholder="https://www.example.com"
				value={value}
				aria-invalid={problem !== undefined}
				onInput={(event) => change(event.currentTarget.value)}
			/>
			<span class={problem === undefined ? "set-note" : "set-note bad"}>{problem ?? hint}</span>
		</label>
	);
}

function General({ form, change, problems, site }: PartProps) {
	return (
		<Section title="Site">
			<div class="set-grid">
				<Field
					label="Name"
					value={form.name}
					invalid={problems.name !== undefined}
					change={(name) => change({ name })}
				/>
				<Select
					label="Currency"
					value={form.currency}
					options={CURRENCIES}
					change={(currency) => change({ currency })}
				/>
				<Select
					label="Weeks begin on"
					value={form.week_start}
					options={WEEK_STARTS}
					change={(week_start) => change({ week_start })}
				/>
				<p class="set-fact">
					<span>Time zone</span> {site.zone}
					<span class="set-note">Set when a site is made: stored windows are cut by it.</span>
				</p>
			</div>
		</Section>
	);
}

function Origins({ form, change, problems }: PartProps) {
	return (
		<Section title="Where it is used">
			<div class="set-grid">
				<Lines
					label="Pages that may send events"
					hint="One origin a line. None: any page that has the write key."
					value={form.origins}
					problem={problems.origins}
					change={(origins) => change({ origins })}
				/>
				<Lines
					label="Pages that may embed dashboards"
					hint="One origin a line. None: no page shows them in a frame."
					value={form.embed_origins}
					problem={problems.embed_origins}
					change={(embed_origins) => change({ embed_origins })}
				/>
			</div>
			<p class="set-more">
				<a href={INSTALL} onClick={follow}>
					Install snippet
				</a>{" "}
				for the pages of this site.
			</p>
		</Section>
	);
}

function Dimensions({ form, change, problems, site }: PartProps) {
	const [typed, setTyped] = useState("");
	const name = typed.trim();
	const taken = [...site.dimensions, ...form.added];
	const add = () => {
		if (name === "" || taken.includes(name)) return;
		change({ added: [...form.added, name] });
		setTyped("");
	};
	return (
		<Section
			title="Your dimensions"
			lead="Properties of events that are counted beside country and device, so that live charts group by them. At most three; one that is there stays."
		>
			<ul class="set-chips" hidden={taken.length === 0}>
				{site.dimensions.map((dimension) => (
					<li key={dimension}>
						<code>{dimension}</code>
					</li>
				))}
				{form.added.map((dimension) => (
					<li key={dimension}>
						<code>{dimension}</code>
						<button
							type="button"
							class="filter-drop"
							aria-label={`Take ${dimension} away`}
							onClick={() => change({ added: form.added.filter((one) => one !== dimension) })}
						>
							<Icon name="close" size={12} />
						</button>
					</li>
				))}
			</ul>
			{taken.length < 3 && (
				<div class="set-inline">
					<Field label="Property" placeholder="plan" value={typed} change={setTyped} />
					<button type="button" class="button" disabled={name === "" || taken.includes(name)} onClick={add}>
						Add
					</button>
				</div>
			)}
			{problems.added && <p class="field-problem">{problems.added}</p>}
		</Section>
	);
}

function Limits({ form, change, problems }: PartProps) {
	return (
		<Section title="Limits">
			<div class="set-grid">
				<div>
					<Field
						label="Quota, events a second"
						placeholder="No limit"
						value={form.quota}
						invalid={problems.quota !== undefined}
						change={(quota) => change({ quota: quota.trim() })}
					/>
					<span class={problems.quota ? "set-note bad" : "set-note"}>
						{problems.quota ?? "More are refused, and told so."}
					</span>
				</div>
				<div>
					<Field
						label="Raw events are kept, days"
						value={form.retention_days}
						invalid={problems.retention_days !== undefined}
						change={(retention_days) => change({ retention_days: retention_days.trim() })}
					/>
					<span class={problems.retention_days ? "set-note bad" : "set-note"}>
						{problems.retention_days ?? "Older ones are deleted. Counts by hour and day stay."}
					</span>
				</div>
			</div>
		</Section>
	);
}

export function SiteSettings() {
	const { site: opened } = useWorkspace();
	const [site, setSite] = useState(opened);
	const [form, setForm] = useState(() => formOf(opened));
	const [theirs, setTheirs] = useState<Site | null>(null);
	const [asking, setAsking] = useState(false);
	const action = useAction();
	const problems = problemsOf(form, site);
	const changes = changesOf(form, site);
	const count = Object.keys(changes).length;
	const change = (next: Partial<SiteForm>) => {
		if (action.done !== null || action.problem !== null) action.say(null);
		setForm((current) => ({ ...current, ...next }));
	};
	const took = (next: Site) => {
		setSite(next);
		setForm(formOf(next));
		setTheirs(null);
		siteChanges.value++;
	};
	// Dimensions only grow: mine come after those that somebody else added.
	const changesOnto = ({ dimensions }: Site) =>
		changes.dimensions ? { ...changes, dimensions: [...dimensions, ...form.added] } : changes;
	const save = (base: Site) => {
		setAsking(false);
		const send = async () => {
			try {
				took(await changeSite(site.id, base.version, changesOnto(base)));
				if (session.peek()) await refreshSession();
			} catch (error) {
				if (error instanceof Failure && error.status === 409) setTheirs(await siteNow(site.id));
				throw error;
			}
		};
		action.run(send, "Saved. It is in force everywhere within half a minute.", ({ status }) =>
			status === 409 ? "Somebody else changed these settings while you did." : null,
		);
	};
	const shorter = changes.retention_days !== undefined && changes.retention_days < site.retention_days;
	const parts = { form, change, problems, site };
	return (
		<form
			class="set-site"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				if (shorter) setAsking(true);
				else save(site);
			}}
		>
			<General {...parts} />
			<Origins {...parts} />
			<Dimensions {...parts} />
			<Limits {...parts} />
			<div class="card set-save" hidden={count === 0 && action.done === null && action.problem === null}>
				{theirs ? (
					<>
						<button type="button" class="button" onClick={() => took(theirs)}>
							Take theirs
						</button>
						<button type="button" class="button primary" disabled={action.busy} onClick={() => save(theirs)}>
							Save my {count === 1 ? "change" : `${count} changes`} on top
						</button>
					</>
				) : (
					<button
						type="submit"
						class="button primary"
						disabled={action.busy || count === 0 || Object.keys(problems).length > 0}
					>
						Save changes
					</button>
				)}
				{Object.keys(problems).length > 0 && <p class="muted">Correct what is marked first.</p>}
				<Outcome action={action} />
			</div>
			{asking && (
				<Confirm
					title="Keep raw events for less long?"
					verb="Save and delete older ones"
					action={action}
					confirm={() => save(site)}
					close={() => setAsking(false)}
				>
					Raw events older than {changes.retention_days} days are deleted. Questions that need them end there.
				</Confirm>
			)}
		</form>
	);
}
