import * as fc from "fast-check";
import { expect, test } from "vitest";
import { REFRESH as SCHEMA_REFRESH } from "../../../schema/dashboard.ts";
import {
	type DashView,
	jittered,
	PLAIN_VIEW,
	REFRESH,
	readDashView,
	refreshEvery,
	slides,
	stretch,
	withoutDefaults,
	writeDashView,
} from "./view.ts";

test("the refresh choices are the schema's", () => {
	expect(REFRESH).toEqual(SCHEMA_REFRESH);
});

test("a plain view needs no search string", () => {
	expect(writeDashView(PLAIN_VIEW)).toBe("");
	expect(readDashView("")).toEqual(PLAIN_VIEW);
});

const instant = fc.constantFrom("now", "now-24h", "now/d", "now-1d/d", "1763800000000", "2026-11-22T10:00:00Z");
const views: fc.Arbitrary<DashView> = fc.record({
	time: fc.option(
		fc
			.record({ from: instant, to: fc.constantFrom("now", "now/d", "1863800000000") })
			.filter(({ from }) => from !== "now"),
	),
	zone: fc.option(fc.constantFrom("site", "browser", "UTC", "Europe/Berlin")),
	refresh: fc.option(fc.constantFrom(...REFRESH)),
	variables: fc.dictionary(
		fc.stringMatching(/^[a-zA-Z]\w{0,8}$/),
		fc.uniqueArray(fc.string({ maxLength: 20, unit: "grapheme" }), { minLength: 1, maxLength: 3 }),
		{ maxKeys: 3 },
	),
	panel: fc.option(fc.stringMatching(/^[\w-]{1,8}$/)),
	kiosk: fc.boolean(),
});

test("what is written is read again", () => {
	fc.assert(
		fc.property(views, (view) => {
			expect(readDashView(writeDashView(view))).toEqual(view);
		}),
	);
});

test("what nobody can read falls back to the dashboard's own", () => {
	expect(readDashView("?from=yesterday&to=now")).toEqual(PLAIN_VIEW);
	expect(readDashView("?from=1763800000000&to=1763700000000")).toEqual(PLAIN_VIEW);
	expect(readDashView("?tz=Mars/Base&refresh=2s&panel=a%20b&kiosk=yes")).toEqual(PLAIN_VIEW);
	expect(readDashView("?var-1x=a&var-=b&variable=c")).toEqual(PLAIN_VIEW);
	expect(readDashView(`?var-long=${"x".repeat(257)}`)).toEqual(PLAIN_VIEW);
});

test("a start alone reaches until now", () => {
	expect(readDashView("?from=now-7d").time).toEqual({ from: "now-7d", to: "now" });
});

test("a value stands once, and All is a value like others", () => {
	expect(readDashView("?var-c=DE&var-c=DE&var-c=FR").variables).toEqual({ c: ["DE", "FR"] });
	expect(readDashView("?var-c=%24__all").variables).toEqual({ c: ["$__all"] });
});

test("what the dashboard says anyway is left out of the address", () => {
	const own = { time: { from: "now-24h", to: "now" }, timezone: "site", refresh: "live" } as const;
	const view: DashView = { ...PLAIN_VIEW, time: { ...own.time }, zone: "site", refresh: "live" };
	expect(withoutDefaults(view, own)).toEqual(PLAIN_VIEW);
	expect(withoutDefaults({ ...view, refresh: "10s" }, own).refresh).toBe("10s");
});

test("only ranges that end now and begin a length before it slide", () => {
	expect(slides({ from: "now-24h", to: "now" })).toBe(true);
	expect(slides({ from: "now/d", to: "now" })).toBe(false);
	expect(slides({ from: "now-2d", to: "now-1d" })).toBe(false);
	expect(slides(stretch(1.5, 2.5))).toBe(false);
	expect(stretch(1.5, 2.5)).toEqual({ from: "1", to: "3" });
});

test("intervals of refresh, and a fifth of jitter", () => {
	expect(REFRESH.map(refreshEvery)).toEqual([null, null, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000]);
	expect([jittered(1000, 0), jittered(1000, 0.5), jittered(1000, 1)]).toEqual([800, 1000, 1200]);
});
