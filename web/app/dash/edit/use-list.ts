import { useEffect, useState } from "preact/hooks";
import { Failure } from "../../api.ts";

export const failureOf = (error: unknown): Failure =>
	error instanceof Failure ? error : new Failure(0, "bug", error instanceof Error ? error.message : String(error));

/** A list of the server's, and changes to it that show at once. `name`: asked again where it is another one. */
export function useList<T>(name: string, load: () => Promise<T[]>) {
	const [items, setItems] = useState<T[] | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const again = () => {
		setFailure(null);
		load().then(setItems, (error: unknown) => setFailure(failureOf(error)));
	};
	// The list is another one where its name is
	useEffect(again, [name]);
	return { items, failure, again, set: (next: (old: T[]) => T[]) => setItems((old) => next(old ?? [])) };
}

/** A change that is under way: one at a time, and what went wrong with the last one. */
export function useAttempt() {
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState("");
	const attempt = async (work: () => Promise<void>) => {
		setBusy(true);
		setFailed("");
		try {
			await work();
		} catch (error) {
			setFailed(failureOf(error).message);
		} finally {
			setBusy(false);
		}
	};
	return { busy, failed, attempt };
}
