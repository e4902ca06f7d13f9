import { afterEach, expect, test, vi } from "vitest";
import { Misuse } from "../command.ts";
import { readOptions } from "./options.ts";

afterEach(() => vi.unstubAllEnvs());

test("defaults aim at this machine's demo site", () => {
	vi.stubEnv("PORT", undefined);
	expect(readOptions([], 0)).toMatchObject({ url: "http://127.0.0.1:8787", key: "sk_demo", rate: 50, batch: 50 });
});

test("what moves the server moves its traffic", () => {
	vi.stubEnv("PORT", "9001");
	expect(readOptions([], 0).url).toBe("http://127.0.0.1:9001");
});

test("another machine needs --yes-really, and names that only look local are others", () => {
	for (const host of ["example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1"]) {
		expect(() => readOptions(["--url", `http://${host}`], 0)).toThrow("--yes-really");
	}
	expect(readOptions(["--url", "https://example.com/x", "--yes-really"], 0).url).toBe("https://example.com");
	expect(readOptions(["--url", "http://[::1]:9000"], 0).url).toBe("http://[::1]:9000");
});

test("numbers are bounded, addresses whole", () => {
	for (const args of [
		["--rate", "x"],
		["--rate", "0"],
		["--backfill", "48"],
		["--batch", "501"],
		["--url", "127.0.0.1:9000"],
	]) {
		expect(() => readOptions(args, 0)).toThrow(Misuse);
	}
});
