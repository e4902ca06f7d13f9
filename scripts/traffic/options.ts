import { parseArgs } from "node:util";
import { localUrl } from "../address.ts";
import { Misuse } from "../command.ts";

export interface Options {
	url: string;
	key: string;
	rate: number;
	minutes: number;
	seed: number;
	backfill: number;
	backfillRate: number;
	batch: number;
	run: string;
}

export const USAGE = `npm run traffic -- [options]
  --rate 50            events a second
  --minutes 5
  --seed 1             who comes and what they do
  --url ${localUrl()}
  --key sk_demo        a server write key
  --backfill 0         hours of history sent first (at most 47: older events are late)
  --backfill-rate 1    events a second in that history
  --batch 50           events a request
  --run NAME           prefix of event ids; the same name, seed and start count once (default: the time)
  --yes-really         allow a server that is not on this machine`;

/** Server limits: 500 events a batch; 20,000 a second and a day of it are past what one machine of this kind sends. */
const BOUNDS = {
	rate: [0.01, 20_000],
	minutes: [0, 1440],
	seed: [0, 4294967295],
	backfill: [0, 47],
	"backfill-rate": [0.01, 100],
	batch: [1, 500],
} as const;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Reads the command line. @throws with a text for people. */
export function readOptions(args: string[], now: number): Options {
	const { values } = parseArgs({
		args,
		options: {
			url: { type: "string", default: localUrl() },
			key: { type: "string", default: "sk_demo" },
			rate: { type: "string", default: "50" },
			minutes: { type: "string", default: "5" },
			seed: { type: "string", default: "1" },
			backfill: { type: "string", default: "0" },
			"backfill-rate": { type: "string", default: "1" },
			batch: { type: "string", default: "50" },
			run: { type: "string", default: now.toString(36) },
			"yes-really": { type: "boolean", default: false },
		},
	});
	const number = (name: keyof typeof BOUNDS): number => {
		const [min, max] = BOUNDS[name];
		const value = Number(values[name]);
		if (!(value >= min && value <= max)) throw new Misuse(`--${name} is a number from ${min} to ${max}`);
		return value;
	};
	const url = URL.parse(values.url);
	if (!url?.protocol.startsWith("http")) throw new Misuse(`--url is an address like ${localUrl()}`);
	if (!LOOPBACK.test(url.hostname) && !values["yes-really"]) {
		throw new Misuse(`${url.hostname} is not this machine: say --yes-really to send made-up traffic there`);
	}
	return {
		url: url.origin,
		key: values.key,
		rate: number("rate"),
		minutes: number("minutes"),
		seed: number("seed"),
		backfill: number("backfill"),
		backfillRate: number("backfill-rate"),
		batch: Math.floor(number("batch")),
		run: values.run,
	};
}
