import type { TargetedEvent, TargetedInputEvent } from "preact";
import { useState } from "preact/hooks";

interface DraftProps {
	type?: "number";
	class?: string;
	"aria-label"?: string;
	placeholder?: string;
	maxLength?: number;
	min?: number;
	max?: number;
	step?: "any";
	value: string | number;
	/** What was typed is done: by Enter, or by going elsewhere. */
	finish: (input: HTMLInputElement) => void;
}

/** An input that is taken when it is finished. Answers that arrive meanwhile draw the page anew, and leave it alone. */
export function DraftInput({ value, finish, type, ...input }: DraftProps) {
	const [draft, setDraft] = useState<string | null>(null);
	const shared = {
		...input,
		value: draft ?? value,
		onInput: (event: TargetedInputEvent<HTMLInputElement>) => setDraft(event.currentTarget.value),
		onChange: (event: TargetedEvent<HTMLInputElement>) => {
			finish(event.currentTarget);
			setDraft(null);
		},
		onBlur: () => setDraft(null),
	};
	return type === "number" ? <input type="number" {...shared} /> : <input {...shared} />;
}
