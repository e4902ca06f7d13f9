import { describe, expect, it } from "vitest";
import { MIGRATIONS as LOG } from "./log/store.ts";
import { migrate } from "./migrate.ts";
import { testStorage } from "./sqlite.testing.ts";

describe("migrate", () => {
	it.each(LOG.map((_, step) => step))("brings a log from step %i to what a new one has", (step) => {
		const [fresh, old] = [testStorage(), testStorage()];
		migrate(fresh, LOG);
		migrate(old, LOG.slice(0, step));
		migrate(old, LOG);
		migrate(old, LOG);
		expect(old.schema()).toEqual(fresh.schema());
	});

	it("leaves nothing of a step that fails, and says why", () => {
		const storage = testStorage();
		const first = "CREATE TABLE a (x INTEGER)";
		expect(() => migrate(storage, [first, "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER)"])).toThrow(
			"already exists",
		);
		migrate(storage, [first, "CREATE TABLE b (y INTEGER)"]);
		expect(storage.schema()).toContainEqual({ name: "b", sql: "CREATE TABLE b (y INTEGER)" });
	});

	it("refuses storage that newer code wrote", () => {
		const storage = testStorage();
		migrate(storage, ["CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER)"]);
		expect(() => migrate(storage, ["CREATE TABLE a (x INTEGER)"])).toThrow("step 2");
	});
});
