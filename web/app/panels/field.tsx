import type { TargetedInputEvent } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

/** A line of text that is asked for. */
export function Field({
	label,
	value,
	change,
	type = "text",
	autocomplete = "off",
	placeholder,
	invalid = false,
	describedBy,
	focus = false,
}: {
	label: string;
	value: string;
	change: (value: string) => void;
	type?: "text" | "email" | "password";
	autocomplete?: "off" | "username" | "email" | "current-password" | "new-password" | "name";
	placeholder?: string;
	invalid?: boolean;
	/** Id of what is said about it. */
	describedBy?: string;
	/** Takes the focus when it appears: the person just asked for it. */
	focus?: boolean;
}) {
	const id = useId();
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (focus) input.current?.focus();
	}, [focus]);
	const shared = {
		id,
		ref: input,
		autocomplete,
		autocapitalize: "off",
		spellcheck: false,
		placeholder: placeholder ?? "",
		value,
		"aria-invalid": invalid,
		...(describedBy && { "aria-describedby": describedBy }),
		onInput: (event: TargetedInputEvent<HTMLInputElement>) => change(event.currentTarget.value),
	} as const;
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{type === "password" && <input type="password" {...shared} />}
			{type === "email" && <input type="email" {...shared} />}
			{type === "text" && <input type="text" {...shared} />}
		</div>
	);
}
