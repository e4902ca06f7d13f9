/** Fields of the editor's forms: a label, a control, and what is wrong with it right below. */
import { type ComponentChildren, createContext } from "preact";
import { useContext, useId, useRef } from "preact/hooks";
import { DraftInput } from "../../panels/draft.tsx";
import type { Problems } from "./model/check.ts";

/** What is wrong with the thing that the form edits. */
export const ProblemsContext = createContext<Problems>(new Map());
/** Names of the dashboard's variables, which texts may hold. */
export const NamesContext = createContext<readonly string[]>([]);

interface FieldProps {
	label: string;
	/** Of the field in the panel: `queries.0.label`. */
	path?: string | undefined;
	hint?: string | undefined;
	wide?: boolean | undefined;
	/** Several controls, each with a label of its own. */
	group?: boolean | undefined;
	children: ComponentChildren;
}

export function Field({ label, path, hint, wide = false, group = false, children }: FieldProps) {
	const Whole = group ? "fieldset" : "label";
	return (
		<div class={`edit-field${wide ? " wide" : ""}`}>
			<Whole class="labelled" {...(group ? { "aria-label": label } : {})}>
				<span aria-hidden={group ? true : undefined}>{label}</span>
				{children}
			</Whole>
			{hint !== undefined && <p class="hint">{hint}</p>}
			{path !== undefined && <FieldProblem path={path} />}
		</div>
	);
}

/** Of the field, and of what is inside it where nothing closer shows it. */
export function FieldProblem({ path, within = false }: { path: string; within?: boolean }) {
	const problems = useContext(ProblemsContext);
	const own = problems.get(path);
	const inner = within ? [...problems].find(([at]) => at.startsWith(`${path}.`))?.[1] : undefined;
	const text = own ?? inner;
	if (text === undefined) return null;
	return (
		<p class="field-problem" role="alert">
			{text}
		</p>
	);
}

interface TextProps {
	label: string;
	value: string;
	change: (value: string) => void;
	path?: string;
	hint?: string;
	placeholder?: string;
	max: number;
	rows?: number;
	/** Offers the names of variables to be put in. */
	variables?: boolean;
	wide?: boolean;
	mono?: boolean;
}

/** A line of text, or several. It changes as it is typed. */
export function TextField({ label, value, change, path, hint, placeholder, max, rows, ...more }: TextProps) {
	const { variables = false, wide = true, mono = false } = more;
	const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
	const shared = {
		ref: input,
		value,
		maxLength: max,
		...(placeholder === undefined ? {} : { placeholder }),
		...(mono ? { class: "mono", spellcheck: false } : {}),
	};
	return (
		<div class="edit-text">
			<Field label={label} path={path} hint={hint} wide={wide}>
				{rows === undefined ? (
					<input type="text" {...shared} onInput={(event) => change(event.currentTarget.value)} />
				) : (
					<textarea rows={rows} {...shared} onInput={(event) => change(event.currentTarget.value)} />
				)}
			</Field>
			{variables && <Insert into={() => input.current} change={change} />}
		</div>
	);
}

/** Buttons that put `$name` where the cursor is. They are there while the field has the focus. */
function Insert({
	into,
	change,
}: {
	into: () => (HTMLInputElement & HTMLTextAreaElement) | null;
	change: (value: string) => void;
}) {
	const names = useContext(NamesContext);
	if (names.length === 0) return null;
	const insert = (name: string) => {
		const field = into();
		if (!field) return;
		const at = field.selectionStart ?? field.value.length;
		change(`${field.value.slice(0, at)}$${name}${field.value.slice(field.selectionEnd ?? at)}`);
		field.focus();
	};
	return (
		<span class="edit-insert">
			{names.map((name) => (
				<button
					type="button"
					key={name}
					title={`Put in the value of ${name}`}
					// The field keeps the focus, and with it the cursor
					onPointerDown={(event) => event.preventDefault()}
					onClick={() => insert(name)}
				>
					${name}
				</button>
			))}
		</span>
	);
}

/** A number, or nothing. */
export function NumberField({
	label,
	value,
	change,
	path,
	placeholder = "auto",
	min,
	max,
}: {
	label: string;
	value: number | null;
	change: (value: number | null) => void;
	path?: string;
	placeholder?: string;
	min?: number;
	max?: number;
}) {
	return (
		<Field label={label} path={path}>
			<DraftInput
				type="number"
				step="any"
				class="count"
				placeholder={placeholder}
				value={value === null ? "" : value}
				{...(min === undefined ? {} : { min })}
				{...(max === undefined ? {} : { max })}
				finish={({ valueAsNumber }) => change(Number.isFinite(valueAsNumber) ? valueAsNumber : null)}
			/>
		</Field>
	);
}

/** One of a few; an id that is not among them (a variable, what somebody else wrote) is shown as it is. */
export function SelectField<T extends string>({
	label,
	value,
	options,
	change,
	path,
	wide,
}: {
	label: string;
	value: string;
	options: readonly (readonly [T, string])[];
	change: (value: T) => void;
	path?: string;
	wide?: boolean;
}) {
	const known = options.some(([id]) => id === value);
	return (
		<Field label={label} path={path} wide={wide}>
			<select
				value={value}
				onChange={(event) => {
					const chosen = options.find(([id]) => id === event.currentTarget.value);
					if (chosen) change(chosen[0]);
				}}
			>
				{!known && <option value={value}>{value}</option>}
				{options.map(([id, name]) => (
					<option key={id} value={id}>
						{name}
					</option>
				))}
			</select>
		</Field>
	);
}

/** Yes or no. */
export function Toggle({
	label,
	value,
	change,
	hint,
}: {
	label: string;
	value: boolean;
	change: (value: boolean) => void;
	hint?: string;
}) {
	const id = useId();
	return (
		<div class="edit-toggle">
			<input
				type="checkbox"
				id={id}
				checked={value}
				aria-describedby={hint === undefined ? undefined : `${id}-hint`}
				onChange={(event) => change(event.currentTarget.checked)}
			/>
			<label for={id}>{label}</label>
			{hint !== undefined && (
				<span class="hint" id={`${id}-hint`}>
					{hint}
				</span>
			)}
		</div>
	);
}

/** A part of a form under a heading. */
export const Section = ({ title, children }: { title: string; children: ComponentChildren }) => (
	<section class="edit-section">
		<h3>{title}</h3>
		{children}
	</section>
);

/** Side by side, as many as fit. */
export const Row = ({ children }: { children: ComponentChildren }) => <div class="edit-row">{children}</div>;
