import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const SERVER = process.env.NOWCAST_URL ?? `http://127.0.0.1:${process.env.PORT || 8787}`;

/** What rolldown tells of its modules. */
interface Modules {
	getModuleInfo(id: string): { importers: readonly string[] } | null;
}

/** Does one of these files (the ends of their paths) load this module at once? */
function isPartOf(roots: readonly string[], id: string, modules: Modules, seen = new Set<string>()): boolean {
	if (roots.some((root) => id.endsWith(root))) return true;
	if (seen.has(id)) return false;
	seen.add(id);
	return modules.getModuleInfo(id)?.importers.some((importer) => isPartOf(roots, importer, modules, seen)) ?? false;
}

/** Pages to look at figures by. */
const DASH = ["/app/dash/page.tsx"];
const EXPLORE = ["/app/pages/overview.tsx", "/app/explore/page.tsx"];

/** What is loaded before anything is opened is one file, and what all figures need is one: many small ones compress worse, and wait. */
function fileOf(id: string, modules: Modules): string | null {
	if (isPartOf(["/app/main.tsx"], id, modules)) return "core";
	return isPartOf(DASH, id, modules) && isPartOf(EXPLORE, id, modules) ? "figures" : null;
}

/** The dashboard's bundle. `npx vite -c web/app/vite.config.ts` serves it beside a running `npm start`. */
const config: UserConfig = {
	root: here("."),
	// JSX is compiled by Vite itself; Preact needs no plugin for it.
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	build: {
		outDir: here("../../dist/web"),
		// The beacon and the demo shop are built into the same folder.
		emptyOutDir: false,
		target: "es2022",
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
		assetsInlineLimit: 0,
		rolldownOptions: {
			output: {
				codeSplitting: {
					groups: [{ debugName: "shared", name: fileOf }],
				},
			},
		},
	},
	server: {
		host: "127.0.0.1",
		proxy: {
			"/v1": { target: SERVER, ws: true },
			"/n.js": SERVER,
			"/shop": SERVER,
		},
	},
};
export default config;
