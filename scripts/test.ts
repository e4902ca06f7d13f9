/**
 * `npm test`: every test project, one after the other (two cores), under a watchdog: an object whose method never
 * resolves would otherwise hang the run for ever.
 */
import { spawn } from "node:child_process";
import { buildWeb, buildWorker } from "./build.ts";

/** The whole run fits 15 minutes on two quiet cores; past this something hangs. */
const WATCHDOG_MS = 24 * 60_000;

await Promise.all([buildWorker(), buildWeb()]);
const arguments_ = process.argv.slice(2);
const vitest = spawn("vitest", ["run", ...arguments_], { stdio: "inherit", detached: true });
const watchdog = setTimeout(() => {
	console.error(`The tests did not end within ${WATCHDOG_MS / 60_000} minutes: stopped.`);
	if (vitest.pid) process.kill(-vitest.pid, "SIGKILL");
	process.exit(1);
}, WATCHDOG_MS);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
	process.on(signal, () => {
		if (vitest.pid) process.kill(-vitest.pid, signal);
	});
}
vitest.on("exit", (code) => {
	clearTimeout(watchdog);
	process.exit(code ?? 1);
});
