import { describe, expect, test } from "vitest";
import { WireEvent } from "../../schema/event.ts";
import { cleanAddress } from "./address.ts";
import { randomId, uuidv7 } from "./id.ts";
import type { BeaconEvent } from "./types.ts";

const plain = { hash: false, excludeSearch: false, allowSearch: ["q"] };

describe("an address", () => {
	test("loses credentials, fragment and every parameter but utm_* and the allowed", () => {
		expect(cleanAddress("https://u:p@a.example:8443/x/?token=1&q=a+b&utm_source=s&q=c#part", plain)).toBe(
			"https://a.example:8443/x/?q=a+b&utm_source=s&q=c",
		);
		expect(cleanAddress("https://a.example/?token=1", plain)).toBe("https://a.example/");
	});

	test("keeps its fragment where the site routes by it", () => {
		expect(cleanAddress("https://a.example/?q=1#/two", { ...plain, hash: true })).toBe("https://a.example/?q=1#/two");
	});

	test("loses the whole query where the site says so", () => {
		expect(cleanAddress("https://a.example/?q=1&utm_source=s", { ...plain, excludeSearch: true })).toBe(
			"https://a.example/",
		);
	});

	test("that is none is undefined, and a long one is cut to what the wire takes", () => {
		expect(cleanAddress("", plain)).toBeUndefined();
		expect(cleanAddress("<anonymous>", plain)).toBeUndefined();
		expect(cleanAddress(`https://a.example/${"ü".repeat(900)}`, plain)).toHaveLength(1024);
	});
});

test("ids are uuid v7: in order of time, and never twice", () => {
	const ids = [...Array(1000).keys()].map((n) => uuidv7(1_700_000_000_000 + n, randomId()));
	for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	expect(ids).toEqual(ids.toSorted());
	expect(new Set(ids.map((id) => id.slice(14))).size).toBe(ids.length);
});

test("what the beacon makes is what the wire takes", () => {
	const event: BeaconEvent = {
		id: uuidv7(0, randomId()),
		name: "x",
		props: { a: 1, b: "2", c: true },
		interactive: false,
	};
	const wire: WireEvent = event;
	expect(WireEvent.safeParse(wire).success).toBe(true);
});
