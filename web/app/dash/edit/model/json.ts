/** A dashboard that somebody wrote by hand. */
import { Dashboard } from "../../../../../schema/dashboard.ts";

type Read = { dashboard: Dashboard } | { problems: string[] };

/** The dashboard in a text, or what is wrong with it and where. */
export function readJson(text: string): Read {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return { problems: [`This is not JSON: ${error instanceof Error ? error.message : String(error)}`] };
	}
	const result = Dashboard.safeParse(value);
	if (result.success) return { dashboard: result.data };
	return { problems: result.error.issues.map(({ path, message }) => `/${path.join("/")}: ${message}`) };
}
