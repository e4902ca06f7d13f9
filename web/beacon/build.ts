/**
 * Builds the beacon: `n.js` (one IIFE for a script tag), `beacon.mjs` with `beacon.d.mts`.
 * @throws if `n.js` is over its budget.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** Bytes of `gzip -9`. The promise is 3 KB. */
export const BUDGET = 3072;

const here = fileURLToPath(new URL(".", import.meta.url));

/** Vite's minifier, for it inlines the tuned constants and so saves a hundred bytes over esbuild's. */
async function bundle(entry: string, format: "iife" | "es"): Promise<string> {
	const result = await build({
		configFile: false,
		publicDir: false,
		logLevel: "warn",
		root: here,
		build: {
			write: false,
			target: "es2022",
			rolldownOptions: {
				input: join(here, entry),
				preserveEntrySignatures: "strict",
				// Without `topLevelVar: false` the constants become variables, and are not inlined.
				output: { format, topLevelVar: false },
			},
		},
	});
	const outputs = Array.isArray(result) ? result : [result];
	for (const built of outputs) {
		// Hints to a bundler, of which the output of one has no need.
		if ("output" in built) return built.output[0].code.replaceAll("/* @__PURE__ */ ", "");
	}
	throw new Error(`${entry} gave no output`);
}

const MODULE_TYPES = `
export declare const nowcast: Nowcast;
export declare const init: Nowcast["init"], track: Nowcast["track"], page: Nowcast["page"];
export declare const identify: Nowcast["identify"], group: Nowcast["group"], register: Nowcast["register"];
export declare const reset: Nowcast["reset"], optOut: Nowcast["optOut"], optIn: Nowcast["optIn"];
export declare const hasOptedOut: Nowcast["hasOptedOut"], setConsent: Nowcast["setConsent"];
export declare const beforeSend: Nowcast["beforeSend"], flush: Nowcast["flush"], ready: Nowcast["ready"];
`;

export interface BeaconSize {
	bytes: number;
	gzip: number;
}

export async function buildBeacon(outDir: string): Promise<BeaconSize> {
	const [script, module] = await Promise.all([bundle("script.ts", "iife"), bundle("module.ts", "es")]);
	const size = { bytes: Buffer.byteLength(script), gzip: gzipSync(script, { level: 9 }).length };
	if (size.gzip > BUDGET) throw new Error(`n.js is ${size.gzip} bytes gzipped, over its budget of ${BUDGET}`);
	await mkdir(outDir, { recursive: true });
	await Promise.all([
		writeFile(join(outDir, "n.js"), script),
		writeFile(join(outDir, "beacon.mjs"), module),
		writeFile(join(outDir, "beacon.d.mts"), (await readFile(join(here, "types.ts"), "utf8")) + MODULE_TYPES),
	]);
	return size;
}
