/** Files that earlier versions wrote must stay readable: these are as they were, and are never written anew. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import rows from "./fixtures/v1.json" with { type: "json" };
import { openBytes, readAll } from "./testing.ts";

describe("a stored segment", () => {
	it("of version 1 reads as its rows", async () => {
		const segment = await openBytes(readFileSync("schema/archive/fixtures/v1.parquet"));
		expect(segment.props).toEqual(["plan", "price"]);
		expect(JSON.parse(JSON.stringify(await readAll(segment)))).toEqual(rows);
		expect(rows).toHaveLength(120);
	});
});
