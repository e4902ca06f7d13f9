import { describe, expect, it } from "vitest";
import { type ColumnSpec, decodeTable, encodeTable, rowAt } from "./core/columns.ts";
import {
	EVENT_COLUMNS,
	EVENT_LAYOUT,
	type EventRow,
	FLAG,
	LIMITS,
	SESSION_COLUMNS,
	SESSION_LAYOUT,
	type SessionRow,
	WireBatch,
	WireEvent,
} from "./event.ts";

const event = (more: object = {}) => ({ name: "purchase", ...more });
const ok = (value: unknown) => WireEvent.safeParse(value).success;

describe("a wire event", () => {
	it("needs a name and nothing else", () => {
		expect(ok(event())).toBe(true);
		expect(ok({})).toBe(false);
		expect(ok(event({ name: "n".repeat(LIMITS.nameChars) }))).toBe(true);
		expect(ok(event({ name: "n".repeat(LIMITS.nameChars + 1) }))).toBe(false);
	});

	it("has limits in UTF-8 bytes", () => {
		expect(ok(event({ title: "é".repeat(512) }))).toBe(true);
		expect(ok(event({ title: "é".repeat(513) }))).toBe(false);
		expect(ok(event({ id: "i".repeat(64) }))).toBe(true);
		for (const id of ["", "with space", "ü", "i".repeat(65)]) expect(ok(event({ id }))).toBe(false);
	});

	it("has flat props, at most 64", () => {
		const props = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`p${i}`, i]));
		expect(ok(event({ props: { a: "x", b: 1, c: true, d: null } }))).toBe(true);
		expect(ok(event({ props: { a: { b: 1 } } }))).toBe(false);
		expect(ok(event({ props: { a: [1] } }))).toBe(false);
		expect(ok(event({ props: props(64) }))).toBe(true);
		expect(ok(event({ props: props(65) }))).toBe(false);
	});

	it("may have fields that we do not know yet, but no such context", () => {
		expect(ok(event({ future: 1 }))).toBe(true);
		expect(ok(event({ context: { future: 1 } }))).toBe(false);
	});
});

describe("a batch", () => {
	it("is of version 1, with 1 to 500 events that are looked at one by one", () => {
		const batch = (n: number, v: unknown = 1) => WireBatch.safeParse({ v, events: Array(n).fill("anything") }).success;
		expect([batch(0), batch(1), batch(500), batch(501), batch(1, 2)]).toEqual([false, true, true, false, false]);
	});
});

/** A row with another value in every column. */
const filled = <R>(columns: ColumnSpec): R =>
	Object.fromEntries(
		Object.entries(columns).map(([name, type], i) => [name, type === "str" ? `value of ${name}` : i + 1]),
	) as R;

describe("the layouts", () => {
	it("have the columns and flags that journals were written with", () => {
		// A change here needs a new table kind: rows that were journaled before must still be read.
		expect(`${EVENT_LAYOUT.kind} ${EVENT_LAYOUT.names.map((n) => `${n}:${EVENT_COLUMNS[n]}`).join(" ")}`).toBe(
			"1 ts:f64 received_at:f64 value:f64 id_hi:u32 id_lo:u32 visitor_hi:u32 visitor_lo:u32 yesterday_hi:u32 yesterday_lo:u32 slot:u16 " +
				"id:str name:str user_id:str session_id:str host:str path:str search:str title:str referrer:str referrer_url:str channel:str " +
				"utm_source:str utm_medium:str utm_campaign:str utm_term:str utm_content:str country:str region:str city:str browser:str " +
				"browser_version:str os:str device:str screen:str lang:str currency:str props:str flags:u8",
		);
		expect(FLAG).toMatchObject({ late: 1, bot: 2, clamped: 4, passive: 8, server: 16, cookieless: 32 });
	});

	it("write and read every column", () => {
		const events = filled<EventRow>(EVENT_COLUMNS);
		const sessions = filled<SessionRow>(SESSION_COLUMNS);
		expect(rowAt(EVENT_LAYOUT, decodeTable(EVENT_LAYOUT, encodeTable(EVENT_LAYOUT, [events])), 0)).toEqual(events);
		const table = decodeTable(SESSION_LAYOUT, encodeTable(SESSION_LAYOUT, [sessions]));
		expect(rowAt(SESSION_LAYOUT, table, 0)).toEqual(sessions);
	});

	it("are not taken for each other", () => {
		expect(encodeTable(EVENT_LAYOUT, [])[1]).not.toBe(encodeTable(SESSION_LAYOUT, [])[1]);
	});
});
