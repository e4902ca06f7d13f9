/**
 * The server for tests of the archive, in a process of its own: as `npm start`, and on the test's word it calls the cron
 * at any time and writes to D1.
 *
 * Miniflare's bindings stop this thread until workerd answers, unless a function is known to answer later; and workerd
 * stops where this thread does not read what it logs. So both functions are called once before there is any load.
 */
import { startServer } from "../scripts/server.ts";
import { type Command, Message } from "./operator.ts";

const server = await startServer({ port: Number(process.env.PORT), dataDir: process.env.DATA_DIR ?? "" });
const d1 = await server.miniflare.getD1Database("DB", "nowcast");
const worker = await server.miniflare.getWorker("nowcast");

async function run(command: Command): Promise<void> {
	if (command.do === "write") await d1.exec(command.sql);
	else await worker.scheduled({ cron: "* * * * *", scheduledTime: new Date(command.at) });
}

await run({ do: "write", sql: "SELECT 1" });
await run({ do: "cron", at: Date.now() });

process.on("message", async (message) => {
	const { id, command } = Message.parse(message);
	const error = await run(command).then(
		() => null,
		(error: unknown) => String(error),
	);
	process.send?.({ id, error });
});
process.on("disconnect", () => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.removeAllListeners(signal);
	process.on(signal, () => void server.stop().finally(() => process.exit(0)));
}
console.log("Nowcast is ready");
