import type { FunnelAnswer, FunnelStep } from "../../../schema/questions.ts";
import { fieldLabel } from "../filter/fields.ts";
import { brief, full } from "../model/format.ts";
import { valueLabel } from "../model/label.ts";

interface FunnelGroupsProps {
	whole: readonly FunnelStep[];
	groups: NonNullable<FunnelAnswer["groups"]>;
	dim: string;
	/** Of the steps. */
	labels: readonly string[];
	/** The class of a share's bar. */
	bar: string;
}

/** A row a group: who entered, and what share reached each step. */
export function FunnelGroups({ whole, groups, dim, labels, bar }: FunnelGroupsProps) {
	const rows = [
		{ name: "All", steps: whole },
		...groups.map(({ group, steps }) => ({ name: valueLabel(dim, group[dim] ?? ""), steps })),
	];
	return (
		<table>
			<thead>
				<tr>
					<th scope="col">{fieldLabel(dim)}</th>
					<th scope="col">Entered</th>
					{labels.slice(1).map((label, i) => (
						<th scope="col" key={i} title={label}>
							{label}
						</th>
					))}
				</tr>
			</thead>
			<tbody>
				{rows.map(({ name, steps }, i) => (
					<tr key={i}>
						<th scope="row">{name}</th>
						<td>{brief(steps[0]?.count ?? null, "number")}</td>
						{steps.slice(1).map((step, at) => (
							<td key={at} title={`${full(step.count, "number")} ${labels[at + 1] ?? ""}`}>
								<span class={bar} style={{ "--share": step.conversion ?? 0 }}>
									{brief(step.conversion, "percent")}
								</span>
							</td>
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}
