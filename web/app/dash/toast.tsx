/** A word about what was just done, at the foot of the page: read out, and gone by itself. */
import { signal } from "@preact/signals";

const said = signal<{ text: string; bad: boolean } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Long enough to read a sentence, ms. */
const STAYS_MS = 4_000;
const BAD_STAYS_MS = 8_000;

export function say(text: string, bad = false): void {
	clearTimeout(timer);
	said.value = { text, bad };
	timer = setTimeout(
		() => {
			said.value = null;
		},
		bad ? BAD_STAYS_MS : STAYS_MS,
	);
}

/** Runs what a button does, and says what went wrong. */
export function attempt(work: () => Promise<unknown>): void {
	work().catch((error: unknown) => say(error instanceof Error ? error.message : String(error), true));
}

export function Toast() {
	const now = said.value;
	return (
		<div class="toast-place" role="status">
			{now && <p class={`toast${now.bad ? " bad" : ""}`}>{now.text}</p>}
		</div>
	);
}
