/** What stands beside an answer, for tests: exact and of no store; what is not said has its default. */
import type { Meta } from "./query.ts";

export const metaOf = (said: Partial<Meta> = {}): Meta => ({
	sources: [],
	behind_ms: 0,
	exact: true,
	error: null,
	sampled: false,
	partial: false,
	rows_read: 0,
	took_ms: 0,
	from: "",
	to: "",
	interval: "1h",
	timezone: "UTC",
	...said,
});
