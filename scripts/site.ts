/** `npm run site -- create NAME …`: sites and keys over the admin API. */
import { parseArgs } from "node:util";
import { call, main } from "./admin.ts";

const USAGE = `npm run site -- create NAME [--zone Europe/Berlin] [--currency EUR] [--origin https://…]… [--dimension plan]…
                          [--partitions 1|4|16|64] [--week-start monday|sunday] [--quota EVENTS_PER_SECOND]
npm run site -- list
npm run site -- delete ID
npm run site -- keys ID
npm run site -- revoke KEYID

NOWCAST_URL (default http://127.0.0.1:8787) and NOWCAST_ADMIN_KEY say which instance.`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		zone: { type: "string" },
		currency: { type: "string" },
		origin: { type: "string", multiple: true },
		dimension: { type: "string", multiple: true },
		partitions: { type: "string" },
		"week-start": { type: "string" },
		quota: { type: "string" },
	},
});

function create(name: string): Promise<Record<string, unknown>> {
	const { zone, currency, origin, dimension, partitions, quota } = values;
	return call("POST", "/v1/sites", {
		name,
		...(zone && { zone }),
		...(currency && { currency }),
		...(origin && { origins: origin }),
		...(dimension && { dimensions: dimension }),
		...(partitions && { partitions: Number(partitions) }),
		...(values["week-start"] && { week_start: values["week-start"] }),
		...(quota && { quota: Number(quota) }),
	});
}

function run(command: string | undefined, argument: string | undefined): Promise<Record<string, unknown>> {
	if (command === "list") return call("GET", "/v1/sites");
	if (argument === undefined) throw new Error(USAGE);
	const id = encodeURIComponent(argument);
	if (command === "create") return create(argument);
	if (command === "delete") return call("DELETE", `/v1/sites/${id}`);
	if (command === "keys") return call("GET", `/v1/keys?site=${id}`);
	if (command === "revoke") return call("DELETE", `/v1/keys/${id}`);
	throw new Error(USAGE);
}

await main(async () => run(positionals[0], positionals[1]));
