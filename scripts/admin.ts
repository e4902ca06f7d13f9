/** The admin API for the command line. NOWCAST_URL and NOWCAST_ADMIN_KEY say which instance; default: this machine's. */
const url = process.env.NOWCAST_URL ?? "http://127.0.0.1:8787";

const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);

function adminKey(): string {
	const key = process.env.NOWCAST_ADMIN_KEY ?? (isLoopback ? "ak_demo" : undefined);
	if (key === undefined) throw new Error(`set NOWCAST_ADMIN_KEY: the demo key is not sent to ${url}`);
	return key;
}

/** The answer's JSON. @throws Error with what the problem document says. */
export async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
	const headers = { authorization: `Bearer ${adminKey()}`, "content-type": "application/json" };
	const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
	const response = await fetch(new URL(path, url), request).catch((error: unknown) => {
		throw new Error(`${url} does not answer`, { cause: error });
	});
	const answer = (await response.json()) as Record<string, unknown>;
	if (!response.ok) throw new Error(`${response.status} ${answer.title}: ${answer.detail}`);
	return answer;
}

/** Runs a command; a failure is one line on stderr and exit code 1. */
export async function main(command: () => Promise<unknown>): Promise<void> {
	try {
		console.log(JSON.stringify(await command(), null, "\t"));
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
