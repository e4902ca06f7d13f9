/** `npm start`: everything at one local address, on data that a restart keeps (semantics, "One machine"). */
import { DEFAULT_PORT } from "./address.ts";

const USAGE = `npm start     PORT (default ${DEFAULT_PORT}) and DATA_DIR (default .nowcast) in the environment move it elsewhere`;
/** For tests that start many servers on one build. */
const NO_BUILD = "--no-build";

const unknown = process.argv.slice(2).filter((argument) => argument !== NO_BUILD);
if (unknown.length > 0) {
	const helped = unknown.every((argument) => argument === "--help" || argument === "-h");
	if (helped) console.log(USAGE);
	else console.error(`npm start takes no ${unknown.join(" ")}\n\n${USAGE}`);
	process.exit(helped ? 0 : 1);
}
const port = Number(process.env.PORT || DEFAULT_PORT);
const dataDir = process.env.DATA_DIR ?? ".nowcast";
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
	console.error(`PORT must be a number from 0 to 65535, not ${JSON.stringify(process.env.PORT)}.`);
	process.exit(1);
}

if (!process.argv.includes(NO_BUILD)) {
	const { buildWeb, buildWorker } = await import("./build.ts");
	await Promise.all([buildWorker(), buildWeb()]);
}
// Late, as they are large: usage and mistakes are told at once.
const { startServer } = await import("./server.ts");
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
const elsewhere = port === DEFAULT_PORT ? "" : ` --url ${server.url}`;
console.log(`
  Nowcast is ready.

  Dashboard   ${server.url}/          press "Use the demo site"
  Demo shop   ${server.url}/shop/     click around and watch the dashboard move
  API         ${server.url}/v1/openapi.json

  Demo keys   write pk_demo · server sk_demo · read rk_demo · admin ak_demo (this machine only)
  Data        ${dataDir} (kept between starts)
  Traffic     npm run traffic -- --rate 200 --minutes 5${elsewhere}

  Ctrl-C stops it.
`);
