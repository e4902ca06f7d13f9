import { describe, expect, it } from "vitest";
import { rowAt } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import { Cut, foldRow, type Minutes } from "./fold.ts";
import { decodeRow, encodeRow, FRAME, ROW_BYTES, splitFrames } from "./journal.ts";

/** A row as version 1 wrote it. Rows outlive deployments: this must stay readable for ever. */
const FROZEN =
	"AQAAAAAAAAAAQKV05R56QgMAAACcAAAAeyJ2ZXJzaW9uIjoyLCJtZXRyaWNzIjpbInBhZ2V2aWV3IiwicHVyY2hhc2UiXSwiZGltZW5zaW9ucyI6WyJwbGFuIl0sImVwb2NoIjoxLCJwYXJ0aXRpb25zIjo0LCJ6b25lIjoiRXVyb3BlL0JlcmxpbiIsIndlZWtfc3RhcnQiOiJtb25kYXkiLCJjdXJyZW5jeSI6IkVVUiJ9AAAAAAEAAAAzAQAAAQECAFkAAAAAAOBl5R56QgAAhnTlHnpCAED6ZeUeekIAQKB05R56QgAAAAAAAPh/MzMzMzPzTUABAAAAAwAAAAIAAAAEAAAAAe/NqwHvzasEAAAABAAAAAAAAAAAAAAAAAAAAAAAAAC8CrwKAQACAAMABAAAAAAAAAAAAAAAAAAFAAYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAcABwAAAAAAAAAAAAAAAAAAAAAAAAAAAAgACAAAAAAAAAAAAAAAAAAAAAkAAABbIiIsImUxIiwiZTIiLCJwYWdldmlldyIsInB1cmNoYXNlIiwiL3Nob2VzIiwiL2vDpHNlIiwiREUiLCJtb2JpbGUiLCJ7XCJwbGFuXCI6XCJwcm9cIn0iXQAAAAAAAgAAAGkAAAABAgEAGwAAAAAA4GXlHnpCAAAAAABM7UAAAAAAAADwPwAAAAAAAPA/AAAAAAAAAAAB782rBAAAAAEAAAAAAAAAAAAAAAIAAAAAAAMAAABbIiIsIi9zaG9lcyIsIkRFIiwibW9iaWxlIl0AAAAAAAAABAAAAA8AAAB7ImR1cGxpY2F0ZSI6M30A";

const frozen = () => new Uint8Array(Buffer.from(FROZEN, "base64"));

describe("journal row", () => {
	it("reads a row that was written long ago", () => {
		const row = decodeRow(frozen());
		expect(row.at).toBe(1_795_000_060_500);
		expect(row.config).toMatchObject({ version: 2, metrics: ["pageview", "purchase"], dimensions: ["plan"], epoch: 1 });
		expect(row.counts).toEqual({ duplicate: 3 });
		const [table] = row.events;
		if (table === undefined) throw new Error("no events");
		expect(rowAt(EVENT_LAYOUT, table, 0)).toMatchObject({ ts: 1_795_000_000_000, name: "pageview", value: Number.NaN });
		expect(rowAt(EVENT_LAYOUT, table, 1)).toMatchObject({
			id: "e2",
			id_hi: 3,
			id_lo: 4,
			visitor_hi: 0xabcdef01,
			slot: 2748,
			value: 59.9,
			path: "/käse",
			props: '{"plan":"pro"}',
		});
	});

	it("has its columns as views of the row, not copies", () => {
		const bytes = frozen();
		const columns = decodeRow(bytes).events[0]?.columns;
		expect(columns?.ts.buffer).toBe(bytes.buffer);
	});

	it("I2: folds to the same windows as ever", () => {
		const row = decodeRow(frozen());
		if (row.config === null) throw new Error("no definitions");
		const metrics = new Map<string, Minutes>();
		foldRow(row, new Cut(row.config), (metric) => {
			const minutes: Minutes = metrics.get(metric) ?? new Map();
			metrics.set(metric, minutes);
			return minutes;
		});
		const first = Math.floor(1_795_000_000_000 / 60_000) * 60_000;
		const at = (metric: string, minute: number) => metrics.get(metric)?.get(minute);
		expect([...metrics.keys()].sort()).toEqual(["*", "ingest", "pageview", "purchase", "session"]);
		expect(at("*", first)?.total.count).toBe(1);
		expect([...(at("*", first)?.dims.get("slot10")?.keys() ?? [])]).toEqual(["4"]);
		expect(at("purchase", first + 60_000)?.total).toMatchObject({ count: 1, sum: 59.9 });
		expect([...(at("purchase", first + 60_000)?.cube.keys() ?? [])]).toEqual(["DE\x1fmobile\x1fpro"]);
		expect([
			...(at("purchase", first + 60_000)
				?.hits.get("path")
				?.cells.keys() ?? []),
		]).toEqual(["/käse"]);
		expect(at("session", first)?.total).toMatchObject({ count: 1, sum: 60_000, views: 1, bounces: 0 });
		expect(
			at("ingest", first + 60_000)
				?.dims.get("reason")
				?.get("duplicate")?.count,
		).toBe(3);
	});

	it("refuses what it does not know, rather than folding less than was journaled", () => {
		const unknown = encodeRow(1, [{ kind: FRAME.counts, bytes: new Uint8Array(2) }]);
		new DataView(unknown.buffer).setUint32(16, 9, true);
		expect(() => decodeRow(unknown)).toThrow("unknown journal frame 9");
		expect(() => decodeRow(frozen().fill(2, 0, 1))).toThrow("version 2");
		expect(() => decodeRow(frozen().subarray(0, 60))).toThrow("cut short");
	});

	it("I8: is never larger than a row may be", () => {
		const frame = (bytes: number) => ({ kind: FRAME.sessions, bytes: new Uint8Array(bytes) });
		const frames = [frame(1_000_000), frame(800_000), frame(200_000), frame(1_899_000)];
		const rows = splitFrames(frames);
		expect(rows.map((row) => row.length)).toEqual([2, 1, 1]);
		for (const row of rows) expect(encodeRow(1, row).length).toBeLessThanOrEqual(ROW_BYTES);
		expect(() => encodeRow(1, frames)).toThrow(RangeError);
	});
});
