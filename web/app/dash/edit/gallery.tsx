import { useState } from "preact/hooks";
import type { Panel, PanelKind } from "../../../../schema/dashboard.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Icon } from "../../panels/icon.tsx";
import { KIND_NAMES } from "../titles.ts";
import { panelIn } from "./model/clipboard.ts";
import { KINDS } from "./model/kinds.ts";

/** What each kind looks like, on 48 × 30. `fill`: the soft parts, `line`: the strong ones. */
const PICTURES: Record<PanelKind, { line?: string; fill?: string }> = {
	line: { line: "M3 23 12 15l8 4 10-11 6 5 9-8M3 27h42" },
	area: { line: "M3 19 14 11l9 5 11-9 11 4", fill: "M3 19 14 11l9 5 11-9 11 4v16H3z" },
	bar: { fill: "M5 17h6v10H5zM15 10h6v17h-6zM25 13h6v14h-6zM35 5h6v22h-6z" },
	stat: { line: "M9 9v9m-3-6 3-3m6 0h5v4h-5v5h5m5-9h5v9h-5v-9M4 26l10-3 9 2 11-4 10 1" },
	table: { line: "M4 5h40v20H4zM4 11.5h40M4 18h40M26 5v20", fill: "M4 5h40v6.5H4z" },
	pie: { line: "M24 3a12 12 0 1 0 12 12H24z", fill: "M27 3v9h9a9 9 0 0 0-9-9z" },
	heatmap: {
		fill: "M4 4h6v6H4zM20 4h6v6h-6zM28 4h6v6h-6zM12 12h6v6h-6zM28 12h6v6h-6zM36 12h6v6h-6zM4 20h6v6H4zM20 20h6v6h-6zM36 20h6v6h-6z",
		line: "M12 4h6v6h-6zM36 4h6v6h-6zM4 12h6v6H4zM20 12h6v6h-6zM12 20h6v6h-6zM28 20h6v6h-6z",
	},
	map: {
		line: "M24 3a12 12 0 1 0 0 24 12 12 0 0 0 0-24zM12 15h24M24 3c4 4 5 8 5 12s-1 8-5 12c-4-4-5-8-5-12s1-8 5-12z",
	},
	funnel: { fill: "M4 4h40v6H4zM4 12h28v6H4zM4 20h15v6H4z" },
	retention: {
		fill: "M4 4h7v5H4zM13 4h7v5h-7zM22 4h7v5h-7zM31 4h7v5h-7zM4 12h7v5H4zM13 12h7v5h-7zM22 12h7v5h-7zM4 20h7v5H4zM13 20h7v5h-7z",
	},
	text: { line: "M5 6h22M5 12h36M5 17h38M5 22h28" },
};

/** The kinds of panels, with little pictures. With `close` it is a dialog. */
export function Gallery({
	choose,
	paste,
	close,
}: {
	choose: (kind: PanelKind) => void;
	paste?: (panel: Panel) => void;
	close?: () => void;
}) {
	const list = (
		<ul class="edit-gallery">
			{KINDS.map(({ kind, hint }) => (
				<li key={kind}>
					<button type="button" onClick={() => choose(kind)}>
						<KindPicture kind={kind} />
						<b>{KIND_NAMES[kind]}</b>
						<span>{hint}</span>
					</button>
				</li>
			))}
		</ul>
	);
	if (!close) return list;
	return (
		<Dialog title="Add a panel" kind="sheet" close={close}>
			<div class="edit-gallery-body">
				{list}
				{paste && <Paste paste={paste} />}
			</div>
		</Dialog>
	);
}

export function KindPicture({ kind }: { kind: PanelKind }) {
	const { line, fill } = PICTURES[kind];
	return (
		<svg class="kind-picture" viewBox="0 0 48 30" aria-hidden="true">
			{fill !== undefined && <path class="soft" d={fill} />}
			{line !== undefined && <path class="strong" d={line} />}
		</svg>
	);
}

/** A copied panel: from the clipboard where the browser lets the page read it, else out of a field. */
function Paste({ paste }: { paste: (panel: Panel) => void }) {
	const [typing, setTyping] = useState(false);
	const [wrong, setWrong] = useState(false);
	const take = (text: string) => {
		const panel = panelIn(text);
		if (panel) paste(panel);
		else setWrong(true);
	};
	const read = async () => {
		try {
			const panel = panelIn(await navigator.clipboard.readText());
			if (panel) return paste(panel);
		} catch {
			// Refused, or not there: then by hand.
		}
		setTyping(true);
	};
	if (!typing)
		return (
			<button type="button" class="button small" onClick={read}>
				<Icon name="paste" size={15} /> Paste a copied panel
			</button>
		);
	return (
		<div class="edit-field wide">
			<textarea
				rows={4}
				class="mono"
				ref={(field) => field?.focus()}
				aria-label="JSON of a panel"
				placeholder="Paste the JSON of a panel here"
				onInput={(event) => take(event.currentTarget.value)}
			/>
			{wrong && (
				<p class="field-problem" role="alert">
					This is not the JSON of a panel. Use “Copy as JSON” in the menu of one.
				</p>
			)}
		</div>
	);
}
