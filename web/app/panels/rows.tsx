import type { BreakdownRow } from "../../../schema/query.ts";
import { brief, change, full, isRough } from "../model/format.ts";
import { valueLabel } from "../model/label.ts";
import { OTHER } from "../model/words.ts";
import { Mark } from "./mark.tsx";

interface RowsProps {
	rows: readonly BreakdownRow[];
	dim: string;
	/** The whole that shares are of. */
	total: number | null;
	/** Where values are estimates: their relative standard error, null if that is not known. */
	error?: number | null;
	/** What a click does, in words for the row's label. */
	action: string;
	pressed: (value: string) => boolean;
	click: (value: string) => void;
}

/** Values of a dimension as bars with counts and shares. */
export function Rows({ rows, dim, total, error, action, pressed, click }: RowsProps) {
	const largest = Math.max(1, ...rows.map((row) => row.value ?? 0));
	// Where nothing was before, all would be new.
	const compared = rows.some(({ previous }) => previous);
	return (
		<ol class="rows">
			{rows.map((row) => {
				const value = row.group[dim] ?? "";
				const label = valueLabel(dim, value);
				const share = total ? (row.value ?? 0) / total : null;
				const rough = error !== undefined && isRough(row.value, error);
				const said = `${label}: ${rough ? "about " : ""}${full(row.value, "number")}.`;
				const cells = (
					<>
						<span class="bar" style={{ width: `${(100 * (row.value ?? 0)) / largest}%` }} />
						<span class="row-label">
							<Mark dim={dim} value={value} />
							<span>{label}</span>
						</span>
						{row.previous !== undefined && (
							<span class="row-change">{compared && change(row.value, row.previous, "number")?.text}</span>
						)}
						<span class="row-share">{share === null ? "" : brief(Math.min(1, share), "percent")}</span>
						<span class="row-value">
							{rough && <i class="about">~</i>}
							{brief(row.value, "number")}
						</span>
					</>
				);
				return (
					<li key={value}>
						{value === OTHER ? (
							// Many values at once, which no filter could name.
							<span class="row" title={said}>
								{cells}
							</span>
						) : (
							<button
								type="button"
								class="row"
								aria-pressed={pressed(value)}
								title={`${said} ${action}`}
								onClick={() => click(value)}
							>
								{cells}
							</button>
						)}
					</li>
				);
			})}
		</ol>
	);
}

/** The shape of rows, while they load. */
export function RowsSkeleton({ count = 8 }: { count?: number }) {
	return (
		<ol class="rows" aria-hidden="true">
			{Array.from({ length: count }, (_, i) => (
				<li key={i}>
					<span class="row">
						<span class="skeleton bar" style={{ width: `${92 - i * 9}%` }} />
					</span>
				</li>
			))}
		</ol>
	);
}
