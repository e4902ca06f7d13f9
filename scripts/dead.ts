/** `npm run dead -- list | replay [ID]`: messages that were given up on. */
import { parseArgs } from "node:util";
import { call, INSTANCE, print } from "./admin.ts";
import { Misuse, run } from "./command.ts";

const USAGE = `npm run dead -- list [--site ID] [--before NEXT]
npm run dead -- replay [ID] [--site ID]     without ID: the oldest 100

${INSTANCE}`;

await run(USAGE, async () => {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { site: { type: "string" }, before: { type: "string" } },
	});
	const [command, id] = positionals;
	const params = new URLSearchParams({ ...(values.site && { site: values.site }) });
	if (command === "replay") {
		print(await call("POST", `/v1/dead/replay?${params}`, { ...(id !== undefined && { id }) }));
	} else if (command === "list") {
		if (values.before) params.set("before", values.before);
		print(await call("GET", `/v1/dead?${params}`));
	} else throw new Misuse(command === undefined ? "What to do?" : `There is no command ${command}.`);
});
