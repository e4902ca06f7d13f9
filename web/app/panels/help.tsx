import type { PageId } from "../model/view.ts";
import { view } from "../state.ts";
import { type Key, KeysHelp, PERIODS } from "./keys-help.tsx";

const OVERVIEW: readonly Key[] = [
	["/", "Filter"],
	["x", "Clear filters"],
	["c", "Comparison on or off"],
];
const CHART: Key = ["← →", "On a chart: read it bucket by bucket"];
const HELP: Key = ["?", "This list"];

/** The keys of the page that is open. */
function keysOf(page: PageId): Key[] {
	if (page === "events") return [HELP];
	return [...PERIODS, ...(page === "overview" ? OVERVIEW : []), CHART, HELP];
}

export const Help = ({ close }: { close: () => void }) => <KeysHelp keys={keysOf(view.value.page)} close={close} />;
