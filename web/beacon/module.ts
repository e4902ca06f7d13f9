/** The beacon as a module: `import { init, track } from "…/beacon.mjs"`. Importing it touches nothing until `init`. */
import { nowcast } from "./beacon.ts";

export type * from "./types.ts";
export { nowcast };
export const {
	init,
	track,
	page,
	identify,
	group,
	register,
	reset,
	optOut,
	optIn,
	hasOptedOut,
	setConsent,
	beforeSend,
	flush,
	ready,
} = nowcast;
