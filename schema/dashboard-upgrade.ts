/**
 * Documents of earlier schema versions, brought to this one. Every document that is read, from a store, a file or a
 * caller, passes here first: `schema_version` is in the bytes from the first day.
 */
import { Dashboard, SCHEMA_VERSION } from "./dashboard.ts";
import { Problem } from "./problem.ts";

/** From the document of version n to that of n + 1, by n. There is one version so far. */
const STEPS: ReadonlyMap<number, (document: Record<string, unknown>) => Record<string, unknown>> = new Map();

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** A document that says no version is of this one. What is no document comes back as it is. Problem 400 `newer`. */
export function upgrade(document: unknown): unknown {
	if (!isObject(document)) return document;
	const { schema_version: made = SCHEMA_VERSION } = document;
	if (typeof made !== "number") return document;
	if (made > SCHEMA_VERSION) {
		throw new Problem(
			400,
			"newer",
			`This dashboard was made by a newer Nowcast (schema_version ${made}, this one reads up to ${SCHEMA_VERSION}): update this one first.`,
		);
	}
	let current = document;
	for (let version = made; version < SCHEMA_VERSION; version++) {
		const step = STEPS.get(version);
		if (!step) return current;
		current = { ...step(current), schema_version: version + 1 };
	}
	return current;
}

/** The same of what holds a document as `dashboard`: a file, or a request. */
export function upgradeInside(holder: unknown): unknown {
	return isObject(holder) && "dashboard" in holder ? { ...holder, dashboard: upgrade(holder.dashboard) } : holder;
}

/** A stored document, perhaps of an earlier release, as this one has it. */
export const decodeDashboard = (body: string): Dashboard => Dashboard.parse(upgrade(JSON.parse(body)));
