/** `node scripts/dead.ts list | replay [ID]`: messages that were given up on. */
import { parseArgs } from "node:util";
import { call, main } from "./admin.ts";

const USAGE = `node scripts/dead.ts list [--site ID] [--before NEXT]
node scripts/dead.ts replay [ID] [--site ID]     without ID: the oldest 100`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { site: { type: "string" }, before: { type: "string" } },
});

function run(command: string | undefined, id: string | undefined): Promise<Record<string, unknown>> {
	const params = new URLSearchParams({ ...(values.site && { site: values.site }) });
	if (command === "replay") return call("POST", `/v1/dead/replay?${params}`, { ...(id !== undefined && { id }) });
	if (values.before) params.set("before", values.before);
	if (command === "list") return call("GET", `/v1/dead?${params}`);
	throw new Error(USAGE);
}

await main(async () => run(positionals[0], positionals[1]));
