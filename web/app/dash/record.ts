/** A stored dashboard, as the newest of what the server said and what was just saved here. */
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { DashboardRecord } from "../../../schema/dashboard.ts";
import { type Failure, fetchDashboard } from "../api.ts";
import { credential } from "../key.ts";
import { Loader } from "../loader.ts";
import { askEarly, takeEarly } from "./early.ts";
import { warmKinds } from "./kinds/index.ts";

/** Others save, too: an open dashboard (on a wall, above all) follows within so many ms. */
const FOLLOW_MS = 5 * 60_000;

credential.subscribe(() => {
	askEarly()?.then(
		({ dashboard }) => warmKinds(dashboard.panels),
		() => {}, // whoever takes it hears of it
	);
});

export interface Stored {
	record: DashboardRecord | null;
	failure: Failure | null;
	/** Asks now. */
	reload: () => void;
	/** Was saved here. */
	keep: (record: DashboardRecord) => void;
}

export function useRecord(uid: string): Stored {
	const loader = useMemo(() => new Loader<DashboardRecord>(), []);
	const [kept, keep] = useState<DashboardRecord | null>(null);
	// Before the first paint: what was asked early may be here already.
	useLayoutEffect(() => {
		const load = () => loader.load(uid, (signal) => takeEarly(uid) ?? fetchDashboard(uid, signal));
		load();
		const timer = setInterval(() => {
			if (!document.hidden) load();
		}, FOLLOW_MS);
		return () => clearInterval(timer);
	}, [loader, uid]);
	useEffect(() => () => loader.stop(), [loader]);
	const { data, failure } = loader.state.value;
	const candidates = [kept, data].filter((one) => one?.uid === uid);
	const newest = candidates.reduce((a, b) => ((a?.version ?? 0) >= (b?.version ?? 0) ? a : b), null);
	// The same version is the same object: nothing is drawn anew for it.
	const record = useMemo(() => newest ?? null, [newest?.uid, newest?.version]);
	useEffect(() => warmKinds(record?.dashboard.panels ?? []), [record]);
	return { record, failure, reload: loader.retry, keep };
}
