/** `npm start`: everything at one local address, on data that a restart keeps (semantics, "One machine"). */
import { buildWeb, buildWorker } from "./build.ts";
import { startServer } from "./server.ts";

const port = Number(process.env.PORT ?? 8787);
const dataDir = process.env.DATA_DIR ?? ".nowcast";
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
	console.error(`PORT must be a number from 0 to 65535, not ${JSON.stringify(process.env.PORT)}.`);
	process.exit(1);
}

/** For tests that start many servers on one build. */
if (!process.argv.includes("--no-build")) await Promise.all([buildWorker(), buildWeb()]);
const server = await startServer({ port, dataDir }).catch((error: Error) => {
	console.error(/EADDRINUSE|in use/i.test(error.message) ? `Port ${port} is in use: set PORT to another one.` : error);
	process.exit(1);
});

let stopping = false;
async function stop() {
	if (stopping) process.exit(130);
	stopping = true;
	await server.stop();
	process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"]) {
	// Miniflare's own handlers end the process at once.
	process.removeAllListeners(signal);
	process.on(signal, stop);
}

const health = await fetch(`${server.url}/v1/health`);
if (!health.ok) {
	console.error(`Nowcast started but is not healthy: ${health.status} ${await health.text()}`);
	await server.stop();
	process.exit(1);
}
console.log(`
  Nowcast is ready.

  Dashboard   ${server.url}/          log in with rk_demo
  Demo shop   ${server.url}/shop/     click around and watch the dashboard move
  API         ${server.url}/v1/openapi.json

  Demo keys   write pk_demo · server sk_demo · read rk_demo · admin ak_demo (this machine only)
  Data        ${dataDir} (kept between starts)
  Traffic     npm run traffic -- --rate 200 --minutes 5

  Ctrl-C stops it.
`);
