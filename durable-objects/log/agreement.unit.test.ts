import { describe, expect, it } from "vitest";
import { decodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventRow, FLAG } from "../../schema/event.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Agreement } from "./agreement.ts";
import { batch, event } from "./testing.ts";

const CONFIG: TenantConfig = {
	version: 1,
	metrics: [],
	dimensions: [],
	epoch: 1,
	partitions: 1,
	zone: "UTC",
	week_start: "monday",
	currency: null,
};

/** Which names the directory is asked to admit for some events. */
async function admitted(...rows: EventRow[]): Promise<string[]> {
	const asked: string[] = [];
	const admit = async (names: string[]) => {
		asked.push(...names);
		return CONFIG;
	};
	const request = batch(rows);
	const table = decodeTable(EVENT_LAYOUT, request.batch);
	await new Agreement({ config: async () => CONFIG, admit }, CONFIG).with(request, table, 1000);
	return asked;
}

describe("Agreement", () => {
	it("I8: asks for the names of what is windowed: bots and what is late cannot use up a tenant's names", async () => {
		const names = await admitted(
			event("a", 1000, { name: "crawled", flags: FLAG.bot }),
			event("a", 999, { name: "old" }),
			event("a", 1000, { name: "signup" }),
		);
		expect(names).toEqual(["signup"]);
	});

	it("I8: asks for a name that a bot uses too, where others do", async () => {
		const names = await admitted(event("a", 1000, { name: "buy", flags: FLAG.bot }), event("a", 1000, { name: "buy" }));
		expect(names).toEqual(["buy"]);
	});
});
