import { expect, test } from "vitest";
import { countryName } from "../../../model/label.ts";
import world from "./world.json";

const codes = [...Object.keys(world.shapes), ...Object.keys(world.dots)];

test("every country is drawn once, by letters that have a name", () => {
	expect(new Set(codes).size).toBe(codes.length);
	expect(codes.filter((code) => countryName(code) === code)).toEqual([]);
	for (const code of ["DE", "US", "XK", "TW", "SG", "MT", "HK", "SS"]) expect(codes).toContain(code);
});

test("no outline crosses the map: what passes the 180th meridian is cut there", () => {
	for (const [code, path] of Object.entries(world.shapes))
		for (const [, step] of path.matchAll(/[l ](-?\d+)[ -]/g))
			expect(Math.abs(Number(step)), code).toBeLessThan(world.width / 2);
});
