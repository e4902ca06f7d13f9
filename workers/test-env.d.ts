/// <reference types="@cloudflare/vitest-plugin/types" />
import type { D1Migration } from "cloudflare:test";
import type { Env as WorkerEnv } from "./env.ts";

declare global {
	namespace Cloudflare {
		/** `env` of cloudflare:test: the Worker's own bindings, and the migrations of vitest.config.ts. */
		interface Env extends WorkerEnv {
			TEST_MIGRATIONS: D1Migration[];
		}
	}
}
