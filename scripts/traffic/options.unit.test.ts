import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

test("defaults aim at this machine's demo site", () => {
	expect(readOptions([], 0)).toMatchObject({ url: "http://127.0.0.1:8787", key: "sk_demo", rate: 50, batch: 50 });
});

test("another machine needs --yes-really, and names that only look local are others", () => {
	for (const host of ["example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1"]) {
		expect(() => readOptions(["--url", `http://${host}`], 0)).toThrow("--yes-really");
	}
	expect(readOptions(["--url", "https://example.com/x", "--yes-really"], 0).url).toBe("https://example.com");
	expect(readOptions(["--url", "http://[::1]:9000"], 0).url).toBe("http://[::1]:9000");
});

test("numbers are bounded", () => {
	for (const args of [
		["--rate", "x"],
		["--rate", "0"],
		["--backfill", "48"],
		["--batch", "501"],
	]) {
		expect(() => readOptions(args, 0)).toThrow(RangeError);
	}
});
