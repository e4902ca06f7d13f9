import type { Explored } from "../../explore/state.ts";

/** Filters of a dashboard also take its variables as values: they are suggested first. */
export const withVariables = (explored: Explored, names: readonly string[]): Explored => ({
	...explored,
	suggest: async (field) => [...names.map((name) => `$${name}`), ...(await explored.suggest(field))],
});
