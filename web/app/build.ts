import { rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";
import config from "./vite.config.ts";

/** Builds the dashboard into `outDir`, beside whatever else is there; old hashed assets of its own are removed. */
export async function buildApp(outDir: string): Promise<void> {
	await rm(join(outDir, "assets"), { recursive: true, force: true });
	await build({ ...config, configFile: false, logLevel: "warn", build: { ...config.build, outDir } });
}
