import type { Meta } from "../../../schema/query.ts";
import { exactness } from "../model/exactness.ts";
import { Icon } from "./icon.tsx";

/** How exact and how fresh the chart is: a sentence, and on request what is behind it. */
export function Explained({ meta }: { meta: Meta }) {
	const { sentence, warn, details } = exactness(meta);
	return (
		<details class="explained">
			<summary class={`exactness${warn ? " warn" : ""}`} title={details.map((detail) => detail.join(": ")).join("\n")}>
				{sentence} Times in {meta.timezone}. <Icon name="info" size={14} />
			</summary>
			<dl class="facts">
				{details.map(([name, value]) => (
					<div key={name} class="fact">
						<dt>{name}</dt>
						<dd>{value}</dd>
					</div>
				))}
			</dl>
		</details>
	);
}
