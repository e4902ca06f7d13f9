/** Builds the demo shop, to be served under `/shop/`: every path is a page of its own, so that a reload finds it. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { page } from "./document.ts";
import { BASE, PAGES } from "./views.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

export async function buildShop(outDir: string): Promise<void> {
	await mkdir(outDir, { recursive: true });
	await build({
		entryPoints: [join(here, "client.ts")],
		outfile: join(outDir, "shop.js"),
		bundle: true,
		minify: true,
		format: "iife",
		target: "es2023",
	});
	await copyFile(join(here, "shop.css"), join(outDir, "shop.css"));
	for (const [path, view] of PAGES) {
		const folder = join(outDir, path.slice(BASE.length));
		await mkdir(folder, { recursive: true });
		await writeFile(join(folder, "index.html"), page(path, view()));
	}
}
