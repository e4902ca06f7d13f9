import { useEffect, useRef, useState } from "preact/hooks";
import type { AuditEntry } from "../../../schema/people.ts";
import { Failure } from "../api.ts";
import { session } from "../key.ts";
import { Icon } from "../panels/icon.tsx";
import { Empty, Problem } from "../panels/states.tsx";
import { audit } from "./api.ts";
import { Section, Table, Waiting, When } from "./parts.tsx";
import { doneTo, doneWords } from "./words.ts";

const textOf = ({ actor, action, target, detail }: AuditEntry) =>
	`${actor.name} ${KINDS[actor.kind]} ${doneWords(action)} ${action} ${target} ${detail}`.toLowerCase();

/** All words, wherever they stand. */
export function matches(entry: AuditEntry, wanted: string): boolean {
	const text = textOf(entry);
	return wanted
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word));
}

/** The log, page by page from the newest. */
function useAudit() {
	const [entries, setEntries] = useState<AuditEntry[] | null>(null);
	const [next, setNext] = useState<string | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const [busy, setBusy] = useState(false);
	const running = useRef<AbortController | null>(null);
	const more = async (before: string | null) => {
		running.current?.abort();
		const controller = new AbortController();
		running.current = controller;
		setBusy(true);
		setFailure(null);
		try {
			const page = await audit(before, controller.signal);
			setEntries((known) => (before === null ? page.entries : [...(known ?? []), ...page.entries]));
			setNext(page.next);
		} catch (error) {
			if (controller.signal.aborted) return;
			setFailure(error instanceof Failure ? error : new Failure(0, "bug", String(error)));
		}
		setBusy(false);
	};
	useEffect(() => {
		more(null);
		return () => running.current?.abort();
	}, []);
	return { entries, next, failure, busy, more };
}

const KINDS: Record<AuditEntry["actor"]["kind"], string> = {
	user: "",
	key: "key",
	share: "shared link",
	system: "",
};

/** Of the sites whose log this is, where there are several. */
function siteName(id: string | null): string {
	const sites = session.value?.sites ?? [];
	return sites.length > 1 ? (sites.find((site) => site.id === id)?.name ?? "") : "";
}

function Row({ entry }: { entry: AuditEntry }) {
	const { actor, action, target, site } = entry;
	const where = action.startsWith("sites.") ? "" : siteName(site);
	return (
		<tr>
			<td data-label="When">
				<When at={entry.at} />
			</td>
			<td data-label="Who">
				{actor.name || actor.id} {KINDS[actor.kind] !== "" && <span class="set-tag">{KINDS[actor.kind]}</span>}
			</td>
			<td data-label="What" title={action}>
				{doneWords(action)}
			</td>
			<td data-label="Of what" class="set-detail" title={target}>
				{doneTo(entry)}
				{where !== "" && <span class="set-sub">{where}</span>}
			</td>
		</tr>
	);
}

export function Audit() {
	const { entries, next, failure, busy, more } = useAudit();
	const [wanted, setWanted] = useState("");
	const found = entries?.filter((entry) => matches(entry, wanted.trim())) ?? [];
	return (
		<Section title="Audit log" lead="Who changed what, and who signed in. Nobody can change or delete it.">
			<label class="search set-search">
				<Icon name="search" />
				<span class="sr-only">Filter the log</span>
				<input
					type="search"
					placeholder="Who, what, of what…"
					value={wanted}
					onInput={(event) => setWanted(event.currentTarget.value)}
				/>
			</label>
			{entries === null && !failure && <Waiting />}
			{entries === null && failure && <Problem failure={failure} retry={() => more(null)} />}
			{entries?.length === 0 && <Empty title="Nothing yet" />}
			{found.length > 0 && (
				<Table heads={["When", "Who", "What", "Of what"]} actions={false} look="set-audit">
					{found.map((entry) => (
						<Row key={entry.id} entry={entry} />
					))}
				</Table>
			)}
			{entries !== null && entries.length > 0 && found.length === 0 && (
				<Empty title="None of the entries shown">{next !== null && <p>Older ones may have it.</p>}</Empty>
			)}
			{entries !== null && (
				<div class="set-buttons">
					{next !== null && (
						<button type="button" class="button" disabled={busy} onClick={() => more(next)}>
							{busy ? "Loading…" : "Show older ones"}
						</button>
					)}
					{failure && (
						<p class="field-problem" role="alert">
							{failure.message}
						</p>
					)}
				</div>
			)}
		</Section>
	);
}
