/** The admin API for the command line. NOWCAST_URL and NOWCAST_ADMIN_KEY say which instance; default: this machine's. */
import { localUrl } from "./address.ts";

export const INSTANCE = `NOWCAST_URL (default ${localUrl()}) and NOWCAST_ADMIN_KEY say which instance.`;

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
/** So much of an answer that is no JSON is shown: enough to know whose it is. */
const EXCERPT = 120;

function instance(): { url: URL; key: string } {
	const text = process.env.NOWCAST_URL ?? localUrl();
	const url = URL.parse(text);
	if (!url?.protocol.startsWith("http"))
		throw new Error(`NOWCAST_URL is no address: ${text} (http://HOST or https://HOST)`);
	const key = process.env.NOWCAST_ADMIN_KEY ?? (LOOPBACK.includes(url.hostname) ? "ak_demo" : undefined);
	if (key === undefined) throw new Error(`set NOWCAST_ADMIN_KEY: the demo key is not sent to ${url.origin}`);
	return { url, key };
}

/** A path of the instance, as its users open it. */
export const addressOf = (path: string): string => new URL(path, instance().url).href;

/** The answer's JSON. @throws Error with what the problem document says. */
export async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
	const { url, key } = instance();
	const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
	const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
	const response = await fetch(new URL(path, url), request).catch((error: unknown) => {
		throw new Error(`${url.origin} does not answer`, { cause: error });
	});
	const text = await response.text();
	const answer = readJson(text);
	if (answer === null) {
		const what = text.trim() === "" ? "nothing" : JSON.stringify(text.trim().slice(0, EXCERPT));
		throw new Error(`${url.origin} answered ${response.status} with ${what}, which is no answer of a Nowcast`);
	}
	if (!response.ok) {
		const { title = response.statusText, detail = "" } = answer;
		throw new Error(`${response.status} ${title}${detail === "" ? "" : `: ${detail}`}`);
	}
	return answer;
}

/** A JSON object, or null. */
function readJson(text: string): Record<string, unknown> | null {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
	} catch {
		return null;
	}
}

export const print = (answer: unknown): void => console.log(JSON.stringify(answer, null, "\t"));
