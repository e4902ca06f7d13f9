import { useId, useRef } from "preact/hooks";
import type { Scalar } from "../../../schema/core/scan/expression.ts";
import { Icon } from "../panels/icon.tsx";

const NO_NAMES: readonly string[] = [];

/** Values, each once, and a field for more: Enter or a comma ends one, Backspace takes the last one back. */
export function Chips<V extends Scalar>({
	values,
	change,
	label,
	placeholder,
	maxLength,
	most = Number.POSITIVE_INFINITY,
	named = String,
	suggested = NO_NAMES,
	offer,
}: {
	values: readonly V[];
	change: (values: (V | string)[]) => void;
	/** Of the field, for screen readers. */
	label: string;
	placeholder: string;
	/** Letters of a value. */
	maxLength: number;
	/** Values there may be. */
	most?: number;
	/** What a value is called. */
	named?: (value: string) => string;
	/** Values to choose from while one types; `offer` is called when that begins. */
	suggested?: readonly string[];
	offer?: () => void;
}) {
	const input = useRef<HTMLInputElement>(null);
	const list = useId();
	const add = (text: string) => {
		const typed = text
			.split(",")
			.map((one) => one.trim())
			.filter((one) => one !== "");
		if (input.current) input.current.value = "";
		const all = [...new Set([...values, ...typed])].slice(0, most);
		if (all.length > values.length) change(all);
	};
	return (
		<span class="values">
			{values.map((value) => (
				<span class="value-chip" key={String(value)}>
					<span>{named(String(value))}</span>
					<button
						type="button"
						class="filter-drop"
						aria-label={`Remove ${value}`}
						onClick={() => change(values.filter((old) => old !== value))}
					>
						<Icon name="close" size={11} />
					</button>
				</span>
			))}
			<input
				ref={input}
				type="text"
				list={list}
				aria-label={label}
				placeholder={placeholder}
				maxLength={maxLength}
				autocomplete="off"
				disabled={values.length >= most}
				onFocus={offer}
				onKeyDown={(event) => {
					const { value } = event.currentTarget;
					if (event.key === "Enter" || event.key === ",") {
						event.preventDefault();
						add(value);
					} else if (event.key === "Backspace" && value === "" && values.length > 0) change(values.slice(0, -1));
				}}
				onInput={(event) => {
					// A suggestion that was picked is whole; typing goes on otherwise.
					const picked = !(event instanceof InputEvent) || event.inputType === "insertReplacementText";
					if (picked && suggested.includes(event.currentTarget.value)) add(event.currentTarget.value);
				}}
				onChange={(event) => add(event.currentTarget.value)}
			/>
			<datalist id={list}>
				{suggested
					.filter((value) => !values.some((old) => old === value))
					.map((value) => (
						<option key={value} value={value}>
							{named(value)}
						</option>
					))}
			</datalist>
		</span>
	);
}
