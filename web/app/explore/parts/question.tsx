import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Filter } from "../../../../schema/expression.ts";
import { copyText } from "../../clipboard.ts";
import { Filters } from "../../filter/filters.tsx";
import { asOne } from "../../filter/model.ts";
import { filterWords } from "../../filter/words.ts";
import { Icon } from "../../panels/icon.tsx";
import { view } from "../../state.ts";
import { csvName, toCsv } from "../model/csv.ts";
import type { Table } from "../model/tables.ts";
import { useExplored } from "../state.ts";
import { SaveDialog } from "./save.tsx";

const SAID_MS = 2_000;

function download(name: string, text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	URL.revokeObjectURL(url);
}

/** The link to what is on the page: the address has all of it. */
function CopyLink() {
	const [said, setSaid] = useState<string | null>(null);
	const copy = async () => {
		setSaid((await copyText(location.href)) ? "Copied" : "Copy it from the address bar");
		setTimeout(() => setSaid(null), SAID_MS);
	};
	return (
		<button type="button" class="button small" title="Copy a link to this question" onClick={copy}>
			<Icon name={said === "Copied" ? "check" : "link"} size={14} />
			<span role="status">{said ?? "Link"}</span>
		</button>
	);
}

/** The head of a page: what it answers, and what can be taken along. `table`: null while there is no answer. */
export function PageHead({
	title,
	lead,
	table,
	refresh,
	children,
}: {
	title: string;
	lead: string;
	table: (() => Table) | null;
	refresh?: () => void;
	children?: ComponentChildren;
}) {
	return (
		<div class="ask-head">
			<div>
				<h2>{title}</h2>
				<p>{lead}</p>
			</div>
			<span class="grow" />
			<div class="ask-actions">
				{children}
				<CopyLink />
				<button
					type="button"
					class="button small"
					disabled={table === null}
					title="Download the answer as CSV"
					onClick={() => table && download(csvName(view.value.page, new Date()), toCsv(table()))}
				>
					<Icon name="download" size={14} /> CSV
				</button>
				{refresh && (
					<button type="button" class="button small" aria-label="Ask again" title="Ask again" onClick={refresh}>
						<Icon name="refresh" size={14} />
					</button>
				)}
			</div>
		</div>
	);
}

/** The filters of the whole question, and saving them as a segment. */
export function QuestionFilters({
	filters,
	change,
}: {
	filters: readonly Filter[];
	change: (filters: Filter[]) => void;
}) {
	const { segments, canSave } = useExplored();
	const [saving, setSaving] = useState(false);
	const filter = asOne(filters);
	const items = segments.items.value ?? [];
	return (
		<section class="ask-filters" aria-label="Filters">
			<Filters filters={filters} change={change} label="Filters of the question" />
			{(canSave || items.length > 0) && (
				<button type="button" class="quiet saved-button" onClick={() => setSaving(true)}>
					<Icon name="bookmark" size={14} /> Segments
				</button>
			)}
			{saving && (
				<SaveDialog
					title="Segments"
					kind="segment"
					shelf={segments}
					body={filter}
					empty="Set filters first: a segment is a set of filters by a name."
					open={(item) => {
						change([{ segment: item.id }]);
						setSaving(false);
					}}
					summary={(item) => filterWords(item.filter, segments.nameOf)}
					close={() => setSaving(false)}
				/>
			)}
		</section>
	);
}
