import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { begin, canRedo, canUndo, change, type History, MOST_STEPS, redo, settle, undo } from "./history.ts";

const changed = (values: readonly string[], key: string | null = null): History<string> =>
	values.reduce((history, value) => change(history, value, key), begin("start"));

describe("undo", () => {
	it("takes back changes one by one, and redo brings each of them again", () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.string({ minLength: 6 }), { maxLength: 30 }), (values) => {
				const whole = changed(values);
				let history = whole;
				for (const value of values.toReversed()) {
					expect(history.present).toBe(value);
					history = undo(history);
				}
				expect(history.present).toBe("start");
				expect(canUndo(history)).toBe(false);
				for (const _ of values) history = redo(history);
				expect({ ...history, key: null }).toEqual(whole);
				expect(canRedo(history)).toBe(false);
			}),
		);
	});

	it("takes back a drag, or the typing in one field, at once", () => {
		const typed = changed(["V", "Vi", "Vis"], "title");
		expect(undo(typed).present).toBe("start");
		expect(redo(undo(typed)).present).toBe("Vis");
	});

	it("keeps two drags apart that are told to be two", () => {
		const dragged = change(settle(change(begin("start"), "one", "drag")), "two", "drag");
		expect(undo(dragged).present).toBe("one");
	});

	it("does not join a change to what was undone", () => {
		const typed = change(undo(changed(["V", "Vi"], "title")), "W", "title");
		expect(typed.present).toBe("W");
		expect(canRedo(typed)).toBe(false);
		expect(undo(typed).present).toBe("start");
	});

	it("forgets what lies too far back", () => {
		let history = changed(Array.from({ length: MOST_STEPS + 50 }, (_, i) => `v${i}`));
		expect(history.past).toHaveLength(MOST_STEPS);
		while (canUndo(history)) history = undo(history);
		expect(history.present).toBe("v49");
	});

	it("takes no change for none", () => {
		const history = changed(["a"]);
		expect(change(history, "a")).toBe(history);
		expect(undo(begin("x")).present).toBe("x");
		expect(redo(begin("x")).present).toBe("x");
	});
});
