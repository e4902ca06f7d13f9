/** Checkpoint and wake: memory is a cache of storage (I5). A wake reads the checkpoint and replays the rows after it. */
import { Sessions } from "../../schema/core/session.ts";
import { HOUR_MS, ID_PERIOD_MS, toBlobs } from "./dedupe.ts";
import { Cut, metricsOf } from "./fold.ts";
import { Funnels } from "./funnels.ts";
import { decodeRow } from "./journal.ts";
import { LogState, MAX_HORIZON_MS } from "./state.ts";
import type { Checkpoint, Forwarded, LogStore } from "./store.ts";

/** Bytes of id blobs read back at a wake: what a generation in memory holds. */
const WAKE_ID_BYTES = 12_000_000;
/** Bytes a page of sessions or of a funnel aims at; a row may hold 2 MB. */
export const PAGE_BYTES = 900_000;
/** An id is kept a little longer than an event of that age is windowed. */
const KEEP_IDS_MS = MAX_HORIZON_MS + HOUR_MS;

export interface Recovered {
	state: LogState;
	checkpoint: Checkpoint;
	/** Newest journal offset. */
	offset: number;
	journalBytes: number;
	forwarded: Forwarded;
	/** Metrics that the rows after `forwarded.offset` have something for. */
	active: Set<string>;
}

export function recover(store: LogStore): Recovered {
	const checkpoint = store.readCheckpoint();
	const state = new LogState();
	state.idsFrom = checkpoint.idsFrom;
	state.sessions = Sessions.decode(store.readSessions());
	state.funnels = Funnels.decode(store.readFunnels(), store.configAt(checkpoint.offset) ?? {});
	loadIds(store, state);
	const forwarded = store.readForwarded();
	const recovered = {
		state,
		checkpoint,
		forwarded,
		offset: checkpoint.offset,
		journalBytes: checkpoint.journalBytes,
		active: new Set<string>(),
	};
	replay(store, recovered);
	return recovered;
}

function loadIds(store: LogStore, { recent }: LogState): void {
	const { since, blobs } = store.newestIds(WAKE_ID_BYTES);
	if (since !== null) recent.since = since * ID_PERIOD_MS;
	for (const { period, ids } of blobs) {
		// As if all had come at the end of the period: then what memory is said to cover is never too much.
		const at = (period + 1) * ID_PERIOD_MS;
		ids.each((hi, lo) => recent.add(hi, lo, at));
	}
}

function replay(store: LogStore, recovered: Recovered): void {
	let config = store.configAt(recovered.offset);
	let cut = config === null ? null : new Cut(config);
	for (const { offset, bytes } of store.rowsAfter(recovered.offset)) {
		const row = decodeRow(bytes);
		if (row.config !== null) {
			config = row.config;
			cut = new Cut(config);
		}
		if (config === null || cut === null) throw new Error(`journal row ${offset} comes before any definitions`);
		recovered.state.replay(row.events, config, row.at, offset);
		recovered.offset = offset;
		recovered.journalBytes += bytes.length;
		if (offset <= recovered.forwarded.offset) continue;
		for (const metric of metricsOf(row, cut)) recovered.active.add(metric);
	}
}

export interface CheckpointOf {
	state: LogState;
	/** Newest journal offset: nothing is in memory that is not in the journal up to it. */
	offset: number;
	journalBytes: number;
	forwarded: Forwarded;
	now: number;
	/** Byte cap of the id blobs. */
	maxIdBytes: number;
}

/** Writes a checkpoint; to be called in a transaction. */
export function writeCheckpoint(store: LogStore, before: Checkpoint, of: CheckpointOf): Checkpoint {
	const { state, offset, journalBytes, now } = of;
	const ids = saveIds(store, state, before, now, of.maxIdBytes);
	store.putSessions(state.sessions.encode(PAGE_BYTES));
	store.putFunnels(state.funnels.encode(PAGE_BYTES, offset), true);
	store.putForwarded(of.forwarded);
	const checkpoint = { offset, at: now, journalBytes, ...ids };
	store.putCheckpoint(checkpoint);
	return checkpoint;
}

/** Moves ids into blobs, and drops the oldest periods: those past the horizon, then those past the byte cap. */
function saveIds(store: LogStore, state: LogState, before: Checkpoint, now: number, maxBytes: number) {
	let { idBytes, idsFrom } = before;
	for (const [period, { hi, lo }] of state.unsaved.periods) {
		for (const { bucket, bytes } of toBlobs(hi, lo)) {
			store.putIds(period, bucket, bytes);
			idBytes += bytes.length;
		}
	}
	state.unsaved.clear();
	idBytes -= store.dropIdsBefore(Math.floor((now - KEEP_IDS_MS) / ID_PERIOD_MS));
	while (idBytes > maxBytes) {
		const oldest = store.oldestIdPeriod();
		if (oldest === null) break;
		idBytes -= store.dropIdsBefore(oldest + 1);
		idsFrom = (oldest + 1) * ID_PERIOD_MS;
	}
	state.idsFrom = idsFrom;
	return { idBytes, idsFrom };
}
