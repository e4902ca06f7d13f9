import type { Scope } from "./auth.ts";

/** Printed in the README, so they work on one machine only: a deployed Worker refuses them whatever its rows say. */
export const DEMO_KEYS: ReadonlyMap<string, Scope> = new Map([
	["pk_demo", "write"],
	["sk_demo", "server"],
	["rk_demo", "read"],
	["ek_demo", "edit"],
	["ak_demo", "admin"],
]);
