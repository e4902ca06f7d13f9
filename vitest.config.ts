import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Pure code runs in Node in milliseconds; objects, queues and D1 inside workerd; the whole in a real browser. */
export default defineConfig({
	test: {
		// An object that wakes between two files asks for its code of a channel that is just being closed. It wakes again.
		onUnhandledError: ({ message }) => !message.includes('Closing rpc while "resolve" was pending'),
		projects: [
			{
				test: {
					name: "core",
					isolate: false,
					setupFiles: ["./schema/test-setup.ts"],
					include: [
						"schema/**/*.test.ts",
						"workers/**/*.unit.test.ts",
						"durable-objects/**/*.unit.test.ts",
						"web/**/*.unit.test.ts",
						"scripts/**/*.unit.test.ts",
					],
					environment: "node",
					// Property tests on a busy machine.
					testTimeout: 30_000,
				},
			},
			{
				plugins: [
					cloudflareTest(async () => ({
						wrangler: { configPath: "./wrangler.toml" },
						miniflare: {
							bindings: {
								LOCAL: "1",
								SECRET: "test-secret",
								ADMIN_KEY: "ak_test_root",
								TEST_MIGRATIONS: await readD1Migrations("./schema/d1/migrations"),
							},
						},
					})),
				],
				test: {
					name: "workers",
					// One workerd for all files: to start one and to load the code takes longer than most files' tests.
					isolate: false,
					setupFiles: ["./workers/test-setup.ts"],
					testTimeout: 30_000,
					include: ["workers/**/*.test.ts", "durable-objects/**/*.test.ts"],
					exclude: ["**/*.unit.test.ts", "**/node_modules/**"],
				},
			},
			{
				test: {
					name: "e2e",
					include: ["e2e/**/*.test.ts"],
					environment: "node",
					testTimeout: 120_000,
					hookTimeout: 180_000,
					fileParallelism: false,
				},
			},
		],
	},
});
