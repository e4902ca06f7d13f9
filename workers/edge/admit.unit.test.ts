import { describe, expect, it } from "vitest";
import type { TenantId } from "../../schema/ids.ts";
import { tenantId } from "../../schema/ids.ts";
import { Lru } from "./lru.ts";
import { compileOrigins } from "./origin.ts";
import { Quotas } from "./quota.ts";
import { Refusals } from "./refusals.ts";
import { fits, utf8Length } from "./utf8.ts";

describe("origins", () => {
	it("are open until someone lists one", () => {
		expect(compileOrigins([]).allows("https://any.example")).toBe(true);
		expect(compileOrigins([]).allows(null)).toBe(true);
		expect(compileOrigins(["*"]).allows(null)).toBe(true);
		expect(compileOrigins([]).owns("any.example")).toBe(false);
	});

	it.each([
		["https://shop.example", "https://shop.example", true],
		["https://shop.example/", "https://shop.example", true],
		["https://shop.example", "http://shop.example", false],
		["https://shop.example", "https://shop.example:8443", false],
		["https://shop.example:8443", "https://shop.example:8443", true],
		["https://shop.example:443", "https://shop.example", true],
		["https://shop.example", "https://shop.example.evil.example", false],
		["https://shop.example", "https://evilshop.example", false],
		["shop.example", "http://shop.example:3000", true],
		["localhost", "http://localhost:5173", true],
		["SHOP.example", "https://shop.example", true],
		["*.shop.example", "https://a.b.shop.example", true],
		["*.shop.example", "https://shop.example", false],
		["*.shop.example", "https://evilshop.example", false],
		["https://*.shop.example", "http://a.shop.example", false],
		["https://shop.example", "null", false],
		["https://shop.example", "", false],
	])("%s and a page of %s: %s", (pattern, origin, allowed) => {
		expect(compileOrigins([pattern]).allows(origin)).toBe(allowed);
	});

	it("must be named where they are listed", () => {
		expect(compileOrigins(["shop.example"]).allows(null)).toBe(false);
		expect(compileOrigins(["https://shop.example"]).owns("shop.example")).toBe(true);
	});
});

describe("a quota", () => {
	it("lets bursts through, then holds events to its rate", () => {
		const quotas = new Quotas();
		expect(quotas.take("a", 100, 500, 0)).toBe(0);
		expect(quotas.take("a", 100, 500, 0)).toBe(0);
		expect(quotas.take("a", 100, 250, 0)).toBe(3);
		// What was refused took nothing.
		expect(quotas.take("a", 100, 100, 1_000)).toBe(0);
		expect(quotas.take("a", 100, 1, 1_000)).toBe(1);
		expect(quotas.take("b", 100, 500, 1_000)).toBe(0);
	});

	it("takes a full batch, however small it is, and none at 0", () => {
		const quotas = new Quotas();
		expect(quotas.take("a", 1, 500, 0)).toBe(0);
		expect(quotas.take("a", 1, 500, 0)).toBe(500);
		expect(quotas.take("a", 1, 500, 500_000)).toBe(0);
		expect(quotas.take("b", 0, 1, 0)).toBeGreaterThan(0);
		expect(quotas.take("c", null, 1e9, 0)).toBe(0);
	});
});

describe("counts of refused requests", () => {
	const tenant = tenantId("t");
	const setup = () => {
		const state = { now: 0, sent: [] as unknown[], flushes: [] as Promise<unknown>[], wake: [] as (() => void)[] };
		const refusals = new Refusals({
			now: () => state.now,
			sleep: () => new Promise<void>((resolve) => state.wake.push(resolve)),
		});
		const add = (n: number, of: TenantId = tenant) =>
			refusals.add(
				of,
				{ origin: n },
				(flush) => state.flushes.push(flush),
				async (counts) => state.sent.push({ of, counts }),
			);
		return { state, add };
	};

	it("go out together, once a flush, however many come", async () => {
		const { state, add } = setup();
		for (let i = 0; i < 1_000; i++) add(2);
		expect(state.flushes).toHaveLength(1);
		expect(state.sent).toEqual([]);
		for (const wake of state.wake) wake();
		await Promise.all(state.flushes);
		expect(state.sent).toEqual([{ of: tenant, counts: { origin: 2_000 } }]);
		add(1);
		expect(state.flushes).toHaveLength(2);
	});

	it("are each tenant's own (I7)", async () => {
		const { state, add } = setup();
		const other = tenantId("u");
		add(1);
		add(2, other);
		for (const wake of state.wake) wake();
		await Promise.all(state.flushes);
		expect(state.sent).toEqual([
			{ of: tenant, counts: { origin: 1 } },
			{ of: other, counts: { origin: 2 } },
		]);
	});

	it("survive a request that was cancelled before its flush, and are sent once", async () => {
		const { state, add } = setup();
		add(1);
		state.now = 20_000;
		add(2);
		expect(state.flushes).toHaveLength(2);
		for (const wake of state.wake) wake();
		await Promise.all(state.flushes);
		expect(state.sent).toEqual([{ of: tenant, counts: { origin: 3 } }]);
	});
});

describe("an isolate's memory", () => {
	it("is bounded and keeps what is asked for", () => {
		const lru = new Lru<number>(10);
		lru.set("kept", 1);
		for (let i = 0; i < 1_000; i++) {
			lru.set(`k${i}`, i);
			expect(lru.get("kept")).toBe(1);
			expect(lru.size).toBeLessThanOrEqual(21);
		}
		expect(lru.get("k1")).toBeUndefined();
	});
});

describe("UTF-8 lengths", () => {
	it("are an encoder's", () => {
		for (const text of ["", "abc", "é", "€", "🙂", "\ud83d", "\ude42", "\ud83d\ud83d\ude42x", "\ud83da", "ab\ud800"]) {
			const bytes = new TextEncoder().encode(text).length;
			expect(utf8Length(text)).toBe(bytes);
			expect(fits(text, bytes)).toBe(true);
			if (bytes > 0) expect(fits(text, bytes - 1)).toBe(false);
		}
	});
});
