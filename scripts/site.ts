/** `npm run site -- create NAME …`: sites and keys over the admin API. */
import { parseArgs } from "node:util";
import { call, INSTANCE, print } from "./admin.ts";
import { Misuse, run } from "./command.ts";

const USAGE = `npm run site -- create NAME [--zone Europe/Berlin] [--currency EUR] [--origin https://…]… [--dimension plan]…
                          [--partitions 1|4|16|64] [--week-start monday|sunday] [--quota EVENTS_PER_SECOND]
                          [--org ORGANISATION]
npm run site -- list
npm run site -- delete ID
npm run site -- keys ID
npm run site -- key ID write|server|read|edit|admin     makes another key
npm run site -- revoke KEYID

${INSTANCE}`;

function readArguments() {
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
			org: { type: "string" },
		},
	});
	return { values, positionals };
}
type Values = ReturnType<typeof readArguments>["values"];

/** Arguments of each command, after its name. */
const TAKES: Record<string, number> = { create: 1, list: 0, delete: 1, keys: 1, key: 2, revoke: 1 };

function numberOf(values: Values, name: "partitions" | "quota"): number | undefined {
	const text = values[name];
	if (text === undefined) return undefined;
	if (!/^\d+$/.test(text)) throw new Misuse(`--${name} is a number, not ${text}.`);
	return Number(text);
}

function create(name: string, values: Values): Promise<Record<string, unknown>> {
	const { zone, currency, origin, dimension, org } = values;
	const partitions = numberOf(values, "partitions");
	const quota = numberOf(values, "quota");
	return call("POST", "/v1/sites", {
		name,
		...(zone && { zone }),
		...(currency && { currency }),
		...(origin && { origins: origin }),
		...(dimension && { dimensions: dimension }),
		...(org && { org }),
		...(partitions !== undefined && { partitions }),
		...(values["week-start"] && { week_start: values["week-start"] }),
		...(quota !== undefined && { quota }),
	});
}

function answer(command: string, [argument = "", scope]: string[], values: Values): Promise<Record<string, unknown>> {
	const id = encodeURIComponent(argument);
	if (command === "create") return create(argument, values);
	if (command === "delete") return call("DELETE", `/v1/sites/${id}`);
	if (command === "keys") return call("GET", `/v1/keys?site=${id}`);
	if (command === "key") return call("POST", `/v1/keys?site=${id}`, { scope });
	if (command === "revoke") return call("DELETE", `/v1/keys/${id}`);
	return call("GET", "/v1/sites");
}

await run(USAGE, async () => {
	const { values, positionals } = readArguments();
	const [command, ...rest] = positionals;
	if (command === undefined) throw new Misuse("What to do?");
	const takes = TAKES[command];
	if (takes === undefined) throw new Misuse(`There is no command ${command}.`);
	if (rest.length < takes) throw new Misuse(`${command} needs ${takes === 1 ? "one argument" : `${takes} arguments`}.`);
	if (rest.length > takes) throw new Misuse(`${rest[takes]} is one argument too many: quote a name that has spaces.`);
	print(await answer(command, rest, values));
});
