/** Something that a person does and waits for: one at a time, with what came of it in words. */
import { useState } from "preact/hooks";
import { Failure } from "./api.ts";
import { wait } from "./model/format.ts";

/** Words of the place for a failure; null: the server's own do. */
export type Words = (failure: Failure) => string | null;

/** What to tell somebody of an error. */
export function told(error: unknown, words: Words = () => null): string {
	if (!(error instanceof Failure)) return String(error);
	if (error.status === 429 && error.retryAfter !== null)
		return `Too many tries. Try again in ${wait(error.retryAfter * 1000)}.`;
	return words(error) ?? error.message;
}

export interface Action {
	busy: boolean;
	problem: string | null;
	/** Said once it worked, until the next try. */
	done: string | null;
	/** Says something without trying, or takes back what was said. */
	say(problem: string | null): void;
	/** False where it failed, which is then said. */
	run(work: () => Promise<unknown>, done?: string, words?: Words): Promise<boolean>;
}

export function useAction(): Action {
	const [state, setState] = useState<Pick<Action, "busy" | "problem" | "done">>({
		busy: false,
		problem: null,
		done: null,
	});
	return {
		...state,
		say: (problem) => setState({ busy: false, problem, done: null }),
		async run(work, done, words) {
			setState({ busy: true, problem: null, done: null });
			try {
				await work();
				setState({ busy: false, problem: null, done: done ?? null });
				return true;
			} catch (error) {
				setState({ busy: false, problem: told(error, words), done: null });
				return false;
			}
		},
	};
}
