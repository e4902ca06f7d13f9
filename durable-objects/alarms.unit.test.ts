import { describe, expect, it, vi } from "vitest";
import { ALARMS_TABLE, Alarms, computeNext, due, RETRY_MS } from "./alarms.ts";
import { migrate } from "./migrate.ts";
import { testStorage } from "./sqlite.testing.ts";

type Name = "a" | "b";

function open() {
	const storage = testStorage();
	migrate(storage, [ALARMS_TABLE]);
	return { storage, alarms: new Alarms<Name>(storage) };
}

describe("alarms", () => {
	it("finds the next and the due ones", () => {
		const pending = new Map([
			["a", 30],
			["b", 10],
			["c", 20],
		]);
		expect(computeNext(pending)).toBe(10);
		expect(computeNext(new Map())).toBeNull();
		expect(due(pending, 20)).toEqual(["b", "c"]);
	});

	it("keeps the one alarm at the earliest name", () => {
		const { storage, alarms } = open();
		alarms.set("a", 30);
		alarms.set("b", 10);
		expect(storage.alarm).toBe(10);
		alarms.arm("b", 5);
		expect(alarms.get("b")).toBe(10);
		alarms.clear("b");
		expect(storage.alarm).toBe(30);
		alarms.clear("a");
		expect(storage.alarm).toBeNull();
	});

	it("I5: knows after an eviction what was pending", () => {
		const { storage, alarms } = open();
		alarms.set("a", 30);
		expect(new Alarms<Name>(storage).get("a")).toBe(30);
	});

	it("I1, I5: a wake asserts an alarm that the platform lost, or has too late", async () => {
		const { storage, alarms } = open();
		alarms.set("a", 30);
		for (const lost of [null, 40]) {
			storage.alarm = lost;
			new Alarms<Name>(storage).arm("a", 50);
			await Promise.resolve();
			expect(storage.alarm).toBe(30);
		}
		storage.alarm = null;
		new Alarms<Name>(storage).clear("a"); // Meanwhile nothing waits any more.
		await Promise.resolve();
		expect(storage.alarm).toBeNull();
	});

	it("runs what is due once, and lets it be set again from within or from outside meanwhile", async () => {
		const { storage, alarms } = open();
		alarms.set("a", 10);
		alarms.set("b", 20);
		const ran: string[] = [];
		await alarms.run(25, {
			a: async () => {
				ran.push("a");
				await Promise.resolve();
				alarms.arm("a", 50);
				alarms.arm("a", 70);
				expect(new Alarms<Name>(storage).get("a")).toBe(10); // A crash here would run it again.
			},
			b: () => void ran.push("b"),
		});
		expect(ran).toEqual(["a", "b"]);
		expect([alarms.get("a"), alarms.get("b"), storage.alarm]).toEqual([50, null, 50]);
	});

	it("tries a handler that threw again, and runs the others all the same", async () => {
		vi.spyOn(console, "error").mockImplementation(() => {});
		const { alarms } = open();
		alarms.set("a", 10);
		alarms.set("b", 20);
		const ran: string[] = [];
		await alarms.run(25, {
			a: () => {
				throw new Error("no");
			},
			b: () => void ran.push("b"),
		});
		expect(ran).toEqual(["b"]);
		expect(alarms.get("a")).toBe(25 + RETRY_MS);
	});
});
