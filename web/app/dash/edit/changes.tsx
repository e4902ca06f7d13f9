import type { Dashboard, Difference } from "../../../../schema/dashboard.ts";
import { changeLines } from "./model/words.ts";

/** What is different, a line each. `versions`: where names are found, best first. `none`: said where nothing is. */
export function Changes({
	changes,
	versions,
	most = Number.POSITIVE_INFINITY,
	none,
}: {
	changes: readonly Difference[];
	versions: readonly Dashboard[];
	/** More lines are only counted. */
	most?: number;
	none?: string;
}) {
	const lines = changeLines(changes, versions);
	return (
		<ul class="edit-changes">
			{lines.slice(0, most).map(({ text, names }) => (
				<li key={text}>
					{names.length === 0 ? (
						text
					) : (
						<details>
							<summary>{text}</summary>
							<ul>
								{names.map((name, at) => (
									<li key={at}>{name}</li>
								))}
							</ul>
						</details>
					)}
				</li>
			))}
			{lines.length > most && <li class="muted">and {lines.length - most} more</li>}
			{lines.length === 0 && none !== undefined && <li class="muted">{none}</li>}
		</ul>
	);
}
