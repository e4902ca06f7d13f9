/** Drives an HTTP server with Debian's wrk: the same bodies for every contender, fresh event ids in each. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Load {
	/** Bodies in which each `@ID@` is replaced by a fresh id. */
	bodies: string[];
	seconds: number;
	connections: number;
	/** Distinguishes the ids of one run from another's. */
	run: string;
	key: string;
}

export interface LoadResult {
	requestsPerSecond: number;
	/** Latency of answers, ms. */
	p50: number;
	p99: number;
}

export function requireProgram(name: string, debianPackage = name): void {
	try {
		execFileSync("which", [name], { stdio: "ignore" });
	} catch {
		console.error(`npm run bench needs ${name}: apt-get install ${debianPackage}`);
		process.exit(1);
	}
}

export async function wrk(url: string, load: Load): Promise<LoadResult> {
	const script = join(mkdtempSync(join(tmpdir(), "nowcast-bench-")), "load.lua");
	writeFileSync(script, lua(load));
	const output = await new Promise<string>((resolve, reject) => {
		execFile(
			"wrk",
			["-t1", `-c${load.connections}`, `-d${load.seconds}s`, "--latency", "-s", script, url],
			(error, stdout) => (error ? reject(error) : resolve(stdout)),
		);
	});
	const failed = /Non-2xx or 3xx responses: (\d+)/.exec(output);
	if (failed) throw new Error(`${failed[1]} requests to ${url} were refused`);
	const percentile = (p: string) => milliseconds(new RegExp(`${p}%\\s+([\\d.]+)(us|ms|s)`).exec(output));
	return {
		requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
		p50: percentile("50"),
		p99: percentile("99"),
	};
}

function milliseconds(match: RegExpExecArray | null): number {
	if (!match) return Number.NaN;
	return Number(match[1]) * { us: 0.001, ms: 1, s: 1000 }[match[2] as "us" | "ms" | "s"];
}

/** LuaJIT: each body is cut at its ids once, and joined with fresh ones for every request. */
function lua(load: Load): string {
	const quote = (text: string) => `[==[${text}]==]`;
	const bodies = load.bodies.map((body) => `{${body.split("@ID@").map(quote).join(",")}}`);
	return `
local bodies = {${bodies.join(",\n")}}
local n, at = 0, 0
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer ${load.key}"
function request()
	at = at % #bodies + 1
	local cut, parts = bodies[at], {}
	for i = 1, #cut - 1 do
		n = n + 1
		parts[2 * i - 1] = cut[i]
		parts[2 * i] = "${load.run}-" .. n
	end
	parts[2 * #cut - 1] = cut[#cut]
	return wrk.format(nil, nil, nil, table.concat(parts))
end
`;
}
