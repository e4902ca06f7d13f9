import { Labelled } from "../explore/parts/controls.tsx";
import { FieldSelect } from "./field.tsx";

/** By which fields something is split: none, one or two. */
export function SplitBy({ fields, change }: { fields: readonly string[]; change: (fields: string[]) => void }) {
	const [first = "", second = ""] = fields;
	const set = (chosen: string[]) => change([...new Set(chosen.filter(Boolean))]);
	return (
		<>
			<Labelled label="Split by">
				<FieldSelect field={first} change={(field) => set([field, second])} label="Split by" none="Nothing" />
			</Labelled>
			{first !== "" && (
				<Labelled label="and by">
					<FieldSelect
						field={second}
						change={(field) => set([first, field])}
						label="And by"
						none="Nothing"
						except={[first]}
					/>
				</Labelled>
			)}
		</>
	);
}
