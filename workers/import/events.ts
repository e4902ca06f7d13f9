/** From a line of an import to a row: checked and enriched as the edge does, but for what only the present knows. */
import { type EventRow, FLAG, LIMITS, type WireEvent } from "../../schema/event.ts";
import { deviceOf, enrich, isTooLarge } from "../edge/enrich.ts";
import type { Sender } from "../edge/sender.ts";
import { explain, isWireEvent, refusal } from "../edge/validate.ts";
import type { ImportRecord } from "./records.ts";

/** Why a line was left out. */
export interface LineError {
	line: number;
	code: "invalid" | "not_allowed" | "too_large" | "future" | "too_old" | "visitor";
	message: string;
}

export interface Importing {
	sender: Sender;
	/** Events before this are no longer kept in the archive, epoch ms. */
	keptFrom: number;
}

/** The row of a line. `id`: the event's where it says none. */
export function rowOf(record: ImportRecord, id: string, importing: Importing): EventRow | LineError {
	const { line } = record;
	if ("problem" in record) return { line, code: "invalid", message: record.problem };
	const event = record.value;
	if (!isWireEvent(event)) return { line, code: "invalid", message: explain(event) ?? "This is not an event." };
	const refused = refusalOf(event, importing);
	if (refused !== null) return { line, ...refused };
	const row = enrich(event, event.id ?? id, importing.sender);
	if (isTooLarge(row)) {
		return { line, code: "too_large", message: `An event has at most ${LIMITS.eventBytes / 1024} KiB.` };
	}
	if ((row.flags & FLAG.clamped) !== 0) return { line, code: "future", message: "ts is in the future." };
	if (row.ts < importing.keptFrom) return { line, ...tooOld(importing.keptFrom) };
	// History counts as received when it happened: else it would be late for every session.
	row.received_at = row.ts;
	return row;
}

type Refused = Pick<LineError, "code" | "message">;

function refusalOf(event: WireEvent, { sender }: Importing): Refused | null {
	if (event.ts === undefined) return { code: "invalid", message: "ts is required: epoch milliseconds or ISO 8601." };
	const refused = refusal(event, sender.publicKey);
	if (refused !== null) return refused;
	if (deviceOf(event, sender) === null) return null;
	const message = "Say visitor_id or user_id: without that day's salt nobody can tell who an IP and a user agent were.";
	return { code: "visitor", message };
}

const tooOld = (keptFrom: number): Refused => ({
	code: "too_old",
	message: `This site keeps events from ${new Date(keptFrom).toISOString()} on: raise its retention_days first.`,
});
