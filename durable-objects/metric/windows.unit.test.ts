import { afterEach, describe, expect, it, vi } from "vitest";
import { Window } from "../../schema/core/window.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { migrate } from "../migrate.ts";
import { testStorage } from "../sqlite.testing.ts";
import { MetricState } from "./state.ts";
import { MetricStore, MIGRATIONS } from "./store.ts";
import { SHAPE } from "./testkit.ts";
import { mergeAll, sectionsOf, viewsOf } from "./windows.ts";

const HOUR = 3_600_000;
const DAY = Date.parse("2031-03-10T00:00:00Z");

afterEach(() => vi.restoreAllMocks());

function hourWindow(hour: number): Window {
	const window = new Window({ ...SHAPE, marginals: [] });
	for (let i = 0; i <= hour; i++) window.add([`c${i % 5}`, "desktop"], [], [`/${hour}`], i, hour, i);
	return window;
}

describe("a day", () => {
	const storage = testStorage() as unknown as DurableObjectStorage;
	migrate(storage, MIGRATIONS);
	const store = new MetricStore(storage);
	const hours = Array.from({ length: 24 }, (_, hour) => hourWindow(hour));
	for (const [hour, window] of hours.entries())
		store.putWindow("hour", { bucket: DAY + hour * HOUR, n: hour + 1, sections: window.toSections() });
	const sources = { state: new MetricState(24, []), store, zone: zoneOf("UTC") };

	it("is merged hour by hour: one is read only when the one before it is in (I8)", () => {
		const steps: string[] = [];
		const { windows } = store;
		vi.spyOn(store, "windows").mockImplementation((...args) => {
			const found = windows.apply(store, args);
			steps.push(...found.map(() => "read"));
			return found;
		});
		const { merge } = Window.prototype;
		vi.spyOn(Window.prototype, "merge").mockImplementation(function (this: Window, other: Window) {
			steps.push("merge");
			merge.call(this, other);
		});
		const [view] = viewsOf(sources, "day", DAY, DAY + 1, "all");
		expect(steps).toEqual([]);
		expect(view?.n).toBe(24);
		if (view !== undefined) sectionsOf(view, "day", "all");
		expect(steps).toEqual(hours.flatMap(() => ["read", "merge"]));
	});

	it("is all of its hours together", () => {
		const [view] = viewsOf(sources, "day", DAY, DAY + 1, "all");
		const sections = view === undefined ? [] : sectionsOf(view, "day", "all");
		expect(sections).toEqual(mergeAll(hours, "day")?.toSections());
	});
});
