import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test as sequential } from "vitest";
import { ROOT } from "./paths.ts";

/** Each is a process of its own, and mostly its start. */
const test = sequential.concurrent;

interface Outcome {
	code: number;
	out: string;
	error: string;
}

/** Runs a script as npm does, with this environment and nothing of the test's own instance. */
function command(script: string, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
	const { NOWCAST_URL: _, NOWCAST_ADMIN_KEY: __, PORT: ___, ...rest } = process.env;
	return new Promise((resolve) => {
		execFile(
			process.execPath,
			[`${ROOT}scripts/${script}.ts`, ...args],
			{ env: { ...rest, ...env } },
			(failure, out, error) => resolve({ code: typeof failure?.code === "number" ? failure.code : 0, out, error }),
		);
	});
}

/** The same beside a server on this machine that answers everything so, and what it was asked. */
async function commandAt(
	answer: { status: number; type?: string; body: string },
	script: string,
	args: string[],
): Promise<Outcome & { port: string; asked: string[] }> {
	const asked: string[] = [];
	const server = createServer((request, response) => {
		asked.push(`${request.method} ${request.url}`);
		response.writeHead(answer.status, { "content-type": answer.type ?? "application/json" }).end(answer.body);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const port = String((server.address() as AddressInfo).port);
	try {
		return { ...(await command(script, args, { PORT: port })), port, asked };
	} finally {
		server.close();
	}
}

const SCRIPTS = ["site", "people", "dead", "traffic", "start"];

test.each(SCRIPTS)("%s --help prints its usage", async (script) => {
	const { code, out, error } = await command(script, ["--help"]);
	expect([code, error]).toEqual([0, ""]);
	expect(out).toMatch(/^npm (run|start)/);
});

test.each(SCRIPTS)("%s: a mistyped flag is told with the usage, without a stack", async (script) => {
	const { code, error } = await command(script, ["--zon", "x"]);
	expect(code).toBe(1);
	expect(error).toContain("--zon");
	expect(error).toContain("npm ");
	expect(error).not.toMatch(/^\s+at /m);
});

test.each([
	[[], "What to do?"],
	[["make"], "There is no command make."],
	[["create"], "create needs one argument."],
	[["create", "My", "shop"], "shop is one argument too many"],
	[["create", "Shop", "--partitions", "four"], "--partitions is a number"],
])("site %j is a call that cannot be understood", async (args, words) => {
	const { code, error } = await command("site", args);
	expect([code, error.includes(words), error.includes("npm run site")]).toEqual([1, true, true]);
});

test.each([
	[[], "What to do?"],
	[["hire", "a@example.com"], "There is no command hire."],
	[["invite"], "invite needs an argument."],
	[["invite", "a@example.com", "--role", "owner"], "There is no role owner."],
	[["list", "all"], "all is one argument too many"],
])("people %j is a call that cannot be understood", async (args, words) => {
	const { code, error } = await command("people", args);
	expect([code, error.includes(words), error.includes("npm run people")]).toEqual([1, true, true]);
});

test("people invite prints the whole link, alone", async () => {
	const invitation = {
		id: "inv_1",
		email: "a@example.com",
		role: "admin",
		created_at: 1,
		expires_at: 2,
		link: "/invite#t",
	};
	const args = ["invite", "a@example.com", "--role", "admin", "--org", "org_1"];
	const { code, out, port, asked } = await commandAt({ status: 201, body: JSON.stringify(invitation) }, "people", args);
	expect([code, out, asked]).toEqual([0, `http://127.0.0.1:${port}/invite#t\n`, ["POST /v1/invitations?org=org_1"]]);
});

test("PORT is where this machine's server is asked", async () => {
	const { code, out, asked } = await commandAt({ status: 200, body: `{"sites":[]}` }, "site", ["list"]);
	expect([code, JSON.parse(out), asked]).toEqual([0, { sites: [] }, ["GET /v1/sites"]]);
});

test("a problem is told in its words", async () => {
	const body = `{"title":"Not found","detail":"There is no site x."}`;
	const answer = { status: 404, type: "application/problem+json", body };
	const { code, error } = await commandAt(answer, "site", ["delete", "x"]);
	expect([code, error]).toEqual([1, "404 Not found: There is no site x.\n"]);
});

test.each([
	[502, "text/html", "<html>Bad gateway</html>", `502 with "<html>Bad gateway</html>"`],
	[200, "text/html", "<p>Another server", `200 with "<p>Another server"`],
	[500, "text/plain", "", "500 with nothing"],
	[200, "application/json", "null", `200 with "null"`],
])("an answer %d %s that is no Nowcast's says so", async (status, type, body, words) => {
	const { code, error, port } = await commandAt({ status, type, body }, "dead", ["list"]);
	expect(code).toBe(1);
	expect(error).toBe(`http://127.0.0.1:${port} answered ${words}, which is no answer of a Nowcast\n`);
});

test("no server, no address and no key are told apart", async () => {
	const nowhere = { PORT: "9" };
	expect((await command("site", ["list"], nowhere)).error).toBe("http://127.0.0.1:9 does not answer\n");
	expect((await command("traffic", [], nowhere)).error).toContain("http://127.0.0.1:9 does not answer: npm start");
	expect((await command("site", ["list"], { NOWCAST_URL: "127.0.0.1:1" })).error).toContain(
		"NOWCAST_URL is no address",
	);
	const remote = await command("site", ["list"], { NOWCAST_URL: "https://nowcast.example" });
	expect(remote.error).toContain("set NOWCAST_ADMIN_KEY");
});
