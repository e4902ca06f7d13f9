/** The only place that turns a tenant and a purpose into a Durable Object stub. */
import { proxyDurable } from "itty-durable/proxy-durable.js";
import { directoryName, logName, metricName, proxyName, scannerName, type TenantId } from "../schema/ids.ts";
import { Problem } from "../schema/problem.ts";
import type { Env } from "../workers/env.ts";
import type { DirectoryRpc } from "./rpc.ts";

type ObjectBindings = Pick<Env, "LOG" | "METRIC" | "DIRECTORY">;

export const scannerStub = (env: Pick<Env, "SCAN">, tenant: TenantId, n: number) =>
	env.SCAN.getByName(scannerName(tenant, n));

export const proxyStub = (env: Pick<Env, "PROXY">, tenant: TenantId, n: number) =>
	env.PROXY.getByName(proxyName(tenant, n));

export const logStub = (env: ObjectBindings, tenant: TenantId, partition: number) =>
	env.LOG.getByName(logName(tenant, partition));

export const metricStub = (env: ObjectBindings, tenant: TenantId, metric: string) =>
	env.METRIC.getByName(metricName(tenant, metric));

/** Names sent in one call. Encoded, 64 characters take up to 600 bytes of the one header that carries them. */
const NAMES_A_CALL = 12;

/** Most characters of a funnel, encoded as it is sent: headers have some KB, and other ones need room. */
const FUNNEL_CHARS = 7_500;

/** Whether a definition is small enough to be sent to the directory, and so to be counted live. */
export const fitsDirectory = (funnel: unknown): boolean =>
	encodeURIComponent(JSON.stringify(funnel)).length <= FUNNEL_CHARS;

/** The tenant's directory, without itty-durable's protocol: arguments as ASCII JSON in a header, errors as a status. */
export function directory(env: ObjectBindings, tenant: TenantId): DirectoryRpc {
	const call = async (method: string, ...args: unknown[]) => {
		const proxy = proxyDurable(env.DIRECTORY, { parse: true }).get(directoryName(tenant));
		try {
			return await proxy[method](...args.map((a) => encodeURIComponent(JSON.stringify(a))));
		} catch (error) {
			throw directoryProblem(error);
		}
	};
	return {
		configure: (settings) => call("configure", settings),
		config: () => call("config"),
		admit: async (names) => {
			let config = await call("admit", names.slice(0, NAMES_A_CALL));
			for (let at = NAMES_A_CALL; at < names.length; at += NAMES_A_CALL) {
				config = await call("admit", names.slice(at, at + NAMES_A_CALL));
			}
			return config;
		},
		setFunnel: async (funnel) => {
			if (fitsDirectory(funnel)) return call("setFunnel", funnel);
			throw new Problem(422, "funnel", "The funnel's filters are too long for it to be counted live.");
		},
		dropFunnel: (id) => call("dropFunnel", id),
		destroy: async () => void (await call("destroy")),
	};
}

function directoryProblem(error: unknown): Problem {
	const said = error instanceof Error && "status" in error ? Number(error.status) : 503;
	// Its own failures are passing ones: events can be kept, and questions asked again.
	const status = said >= 500 ? 503 : said;
	const detail = `the tenant's directory: ${error instanceof Error ? error.message : error}`;
	return new Problem(status, "directory", detail, status === 503 ? { retryAfter: 2 } : {});
}
