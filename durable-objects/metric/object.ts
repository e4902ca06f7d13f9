/**
 * MetricWindow: one tenant's metric. Takes spans from the logs, each exactly once (I2), keeps eight days of minutes and
 * hours, shows them live, and announces hours and days to whoever stores them for longer (I4). Memory is a cache (I5).
 */
import { DurableObject } from "cloudflare:workers";
import { decodeSpan } from "../../schema/core/window.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { parseName, type TenantId, tenantId } from "../../schema/ids.ts";
import { Subscription } from "../../schema/live.ts";
import { isFunnel, type TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { RollupMessage, StoredWindow, Version } from "../../schema/rollup.ts";
import type { Env } from "../../workers/env.ts";
import { computeNext, RETRY_MS } from "../alarms.ts";
import { migrate } from "../migrate.ts";
import {
	type ApplyAnswer,
	type ApplyRequest,
	type MetricRpc,
	type ReadAnswer,
	type ReadRequest,
	type ReplaceRequest,
	SETTLED_MS,
	type WindowName,
} from "../rpc.ts";
import { AWAY, CURSOR_HEADER, KEY_HEADER, refuseSocket, SUBSCRIPTIONS_HEADER } from "../sockets.ts";
import { directory, logStub } from "../stubs.ts";
import { decodePending, encodePending } from "./codec.ts";
import { Freshness, INTEREST_MS, interval, nextMs } from "./freshness.ts";
import { validKeys } from "./keys.ts";
import type { LiveContext } from "./live.ts";
import { answerRead } from "./read.ts";
import {
	announce,
	confirm,
	FOLD_MINUTES,
	fold,
	KEEP_FUNNEL_MS,
	KEEP_MS,
	replace,
	retain,
	retainDue,
	touchAll,
} from "./rollup.ts";
import { MetricState } from "./state.ts";
import { MetricStore, MIGRATIONS } from "./store.ts";
import { REAP_EVERY_MS, Viewers } from "./viewers.ts";
import { type Sources, sectionsOf, viewsOf } from "./windows.ts";

/** Spans that arrive this close together make one pending row. All logs come on one grid (freshness.ts). */
const TICK_MS = 5;
/** The tenant's settings are asked for again after this long: declared dimensions and partitions change rarely. */
const SETTINGS_MS = 30_000;
/** A query waits no longer than this for the logs to bring what they have. */
const PULL_MS = 1_000;
/** A pull happens when the answer may be older than this. */
const LAG_MS = 1_000;
/** Logs that could not be reached are asked again after this long. */
const PULL_AGAIN_MS = 5_000;

/** What came before a funnel was counted is taken once, like the first span of one more partition. */
const BACKFILL = 1_000_000;

/** What a tenant has that was never configured. */
const UNCONFIGURED: TenantConfig = {
	version: 0,
	metrics: [],
	dimensions: [],
	epoch: 0,
	partitions: 1,
	zone: "UTC",
	week_start: "monday",
	currency: null,
};

/** The clock of all metric objects in this isolate; tests set it. */
export const clock = { now: (): number => Date.now() };

export class MetricWindow extends DurableObject<Env> implements MetricRpc {
	readonly #tenant: TenantId;
	readonly #metric: string;
	/** How long hours stay, ms. */
	readonly #keepHours: number;
	readonly #store: MetricStore;
	#state: MetricState;
	#viewers: Viewers;
	#epoch = 0;
	/** The zone in which hours are cut: stored with the first one, and never changed after. */
	#zone: string | null = null;
	#freshness = new Freshness(clock.now());
	#queriedAt = Number.NEGATIVE_INFINITY;
	#pullFailedAt = Number.NEGATIVE_INFINITY;
	#settings: { config: TenantConfig; at: number } | null = null;
	#pulling: Promise<void> | null = null;
	#tick: Promise<void> | null = null;
	/** When the alarm stands, as far as this instance knows. */
	#armed: number | null = null;
	/** Where announcements go; tests listen here. */
	send = async (messages: RollupMessage[]): Promise<void> => {
		await this.env.ROLLUPS.sendBatch(messages.map((body) => ({ body })));
	};

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { parts } = parseName(ctx.id.name ?? "");
		this.#tenant = tenantId(parts[0] ?? "");
		this.#metric = parts[1] ?? "";
		this.#keepHours = isFunnel(this.#metric) ? KEEP_FUNNEL_MS : KEEP_MS;
		migrate(ctx.storage, MIGRATIONS);
		this.#store = new MetricStore(ctx.storage);
		this.#state = this.#recover();
		this.#viewers = this.#watch();
		if (this.#nextDue(clock.now()) !== null) void ctx.blockConcurrencyWhile(() => this.#standAgain());
	}

	/** The platform gives an alarm up after six failures, and a quiet object would never set it again. */
	async #standAgain(): Promise<void> {
		if ((await this.ctx.storage.getAlarm()) === null) this.#arm();
	}

	/** Blobs stay where they are; pending rows are merged again. */
	#recover(): MetricState {
		const { epoch, n, offsets, zone } = this.#store.state();
		this.#epoch = epoch;
		this.#zone = zone;
		const state = new MetricState(n, offsets);
		const folded = new Map<number, number>();
		const foldedAt = (minute: number) => {
			const at = folded.get(minute) ?? this.#store.versionOf("minute", minute);
			folded.set(minute, at);
			return at;
		};
		for (const row of this.#store.pending()) state.recover(row.n, decodePending(row.spans), foldedAt);
		return state;
	}

	#watch(): Viewers {
		const changedSince = (cursor: string) => this.#changedSince(cursor);
		const context = () => this.#context();
		const now = () => clock.now();
		const valid = (ids: readonly string[]) => validKeys(this.env.DB, this.#tenant, ids, now());
		const framed = (behindMs: number) => void this.#hearOut(behindMs);
		const deps = { ctx: this.ctx, now, context, changedSince, validKeys: valid, framed };
		return new Viewers(deps, this.#state.minutes.keys());
	}

	async apply(request: ApplyRequest): Promise<ApplyAnswer> {
		const { partition } = request;
		const offer = this.#state.offer(request);
		if (offer === "queued") this.#tick ??= this.#startTick();
		// What is held may be in the open tick: nobody is told of an offset that is not stored.
		await this.#tick;
		const offset = this.#state.held(partition) ?? 0;
		if (offer === "behind") return { status: "behind", offset };
		const now = clock.now();
		const every = this.#interval(now);
		const next = nextMs(every, now);
		this.#freshness.told(next);
		this.#freshness.heard(partition, request.receivedAt, now);
		return { status: "applied", offset, nextMs: next };
	}

	async #startTick(): Promise<void> {
		await scheduler.wait(TICK_MS);
		this.#tick = null;
		// The object may have been destroyed meanwhile.
		if (this.#state.tick.length === 0) return;
		this.#viewers.changed(this.#commit());
	}

	/** One row for the whole tick. If it cannot be stored the object starts anew, so that memory never knows more. */
	#commit(): number[] {
		try {
			const n = this.#state.n + 1;
			this.#store.transaction(() => this.#store.appendPending(n, encodePending(this.#state.tick)));
			const minutes = this.#state.commit();
			this.#arm();
			return minutes;
		} catch (error) {
			this.ctx.abort(`a tick could not be stored: ${error}`);
			throw error;
		}
	}

	async read(request: ReadRequest): Promise<ReadAnswer> {
		await this.#refresh();
		const windows = answerRead(await this.#sources(), this.#epoch, request);
		return { windows, behindMs: this.#freshness.behindMs(clock.now()) };
	}

	async window({ grain, bucket }: WindowName): Promise<StoredWindow | null> {
		const sources = await this.#sources();
		const view = viewsOf(sources, grain, bucket, bucket + 1, "all")[0];
		if (view === undefined) return null;
		return { grain, bucket, version: this.#version(view.n), sections: sectionsOf(view, grain, "all") };
	}

	async confirm(windows: (WindowName & { version: Version })[]): Promise<void> {
		const sources = await this.#sources();
		this.#store.transaction(() => {
			for (const { grain, bucket, version } of windows) {
				if (grain !== "minute") confirm(sources, this.#epoch, grain, bucket, version);
			}
		});
		this.#arm();
	}

	async backfill(span: Uint8Array): Promise<void> {
		const [from, to] = [0, 1];
		const offer = this.#state.offer({ partition: BACKFILL, from, to, span, receivedAt: 0 });
		if (offer === "queued") this.#tick ??= this.#startTick();
		await this.#tick;
	}

	async replace({ from, to, span }: ReplaceRequest): Promise<void> {
		const now = clock.now();
		if (!(from < to && to <= now - SETTLED_MS)) throw new RangeError("only settled windows are replaced");
		// What the logs have for these hours was in the archive: it must not come after.
		await this.#pull(now);
		if (now - this.#pullFailedAt < PULL_AGAIN_MS) throw new Error("the logs could not be asked");
		await this.#work(now);
		const sources = await this.#sources();
		replace(sources, { from, to }, decodeSpan(span), now);
		this.#arm();
	}

	async announceAll(): Promise<number> {
		await this.#refresh();
		const sources = await this.#sources();
		const windows = touchAll(sources, clock.now());
		await this.#work(clock.now());
		this.#arm();
		return windows;
	}

	async destroy(): Promise<void> {
		this.#viewers.end(AWAY, "deleted");
		await this.ctx.storage.deleteAlarm();
		await this.ctx.storage.deleteAll();
		migrate(this.ctx.storage, MIGRATIONS);
		this.#armed = null;
		this.#settings = null;
		this.#state = this.#recover();
		this.#viewers = this.#watch();
	}

	/** For whoever wonders, and tests: frames computed since the object woke, and whether one waits for its time. */
	get framesComputed(): number {
		return this.#viewers.computed;
	}
	get frameWaiting(): boolean {
		return this.#viewers.waiting;
	}

	override async fetch(request: Request): Promise<Response> {
		try {
			const header = request.headers.get(SUBSCRIPTIONS_HEADER);
			if (header === null || request.headers.get("upgrade") !== "websocket") {
				throw new Problem(400, "upgrade", "This is a WebSocket.");
			}
			const subscriptions = Subscription.array()
				.min(1)
				.parse(JSON.parse(decodeURIComponent(header)));
			await this.#refresh();
			const { headers } = request;
			const cursors = (headers.get(CURSOR_HEADER) ?? "").split(",");
			const response = await this.#viewers.connect(subscriptions, cursors, headers.get(KEY_HEADER));
			this.#arm();
			return response;
		} catch (error) {
			if (error instanceof Problem) return refuseSocket(error);
			throw error;
		}
	}

	override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
		await this.#viewers.message(socket, data);
	}

	override webSocketClose(socket: WebSocket, code: number, reason: string): void {
		this.#viewers.closed(socket, code, reason);
	}

	override webSocketError(): void {
		this.#viewers.recount();
	}

	/** Does whatever is due, and stands again at what is due next. What fails is logged and tried again in 10 s. */
	override async alarm(): Promise<void> {
		this.#armed = null;
		let again = Number.POSITIVE_INFINITY;
		try {
			await this.#work(clock.now());
		} catch (error) {
			console.error(`metric ${this.#metric}: alarm failed`, error);
			again = clock.now() + RETRY_MS;
		}
		this.#arm(again);
	}

	async #work(now: number): Promise<void> {
		const sources = await this.#sources();
		if (this.#zone === null) this.#keepZone(sources.zone.name);
		while (fold(sources, now).length === FOLD_MINUTES) {
			await scheduler.wait(0);
			// Destroyed meanwhile: what was read before belongs to nobody.
			if (this.#state !== sources.state) return;
		}
		if ((retainDue(sources, this.#keepHours) ?? Number.POSITIVE_INFINITY) <= now) retain(sources, now, this.#keepHours);
		if (this.#viewers.count > 0 && now - this.#viewers.reapedAt >= REAP_EVERY_MS) this.#viewers.reap(now);
		await announce(sources, { tenant: this.#tenant, metric: this.#metric, epoch: this.#epoch }, now, this.send);
	}

	/** Hours that are stored stay cut as they are: the zone is kept with them, unless the tenant has none yet. */
	#keepZone(zone: string): void {
		if (this.#settings === null || this.#settings.config === UNCONFIGURED) return;
		this.#store.saveZone(zone);
		this.#zone = zone;
	}

	/**
	 * Moves the alarm to what is due next. Nothing of this is stored: it follows from the pending minutes and the tables,
	 * so a wake costs one `setAlarm` and a minute one more. Called right after a write, it belongs to its transaction.
	 */
	#arm(again = Number.POSITIVE_INFINITY): void {
		const now = clock.now();
		const next = again === Number.POSITIVE_INFINITY ? this.#nextDue(now) : again;
		if (next === null || (this.#armed !== null && this.#armed <= next)) return;
		this.#armed = next;
		void this.ctx.storage.setAlarm(next);
	}

	#nextDue(now: number): number | null {
		// The hot path: every span asks, and the tables cannot be due earlier than what stands already.
		const folding = this.#state.foldDue(now);
		if (folding !== null && this.#armed !== null && this.#armed <= folding) return this.#armed;
		const due = new Map<string, number>();
		const set = (name: string, at: number | null) => at !== null && due.set(name, at);
		set("fold", folding);
		set("announce", this.#store.nextDue());
		if (this.#zone !== null) set("retain", retainDue(this.#bare(this.#zone), this.#keepHours));
		if (this.#viewers.count > 0) set("reap", this.#viewers.reapedAt + REAP_EVERY_MS);
		return computeNext(due);
	}

	#bare(zone: string): Sources {
		return { state: this.#state, store: this.#store, zone: zoneOf(zone) };
	}

	async #sources(): Promise<Sources> {
		return this.#bare(this.#zone ?? (await this.#config()).zone);
	}

	/** The tenant's settings, at most 30 s old; older ones serve while the directory does not answer. */
	async #config(): Promise<TenantConfig> {
		const now = clock.now();
		if (this.#settings !== null && now - this.#settings.at < SETTINGS_MS) return this.#settings.config;
		try {
			const config = (await directory(this.env, this.#tenant).config()) ?? UNCONFIGURED;
			this.#settings = { config, at: now };
			return config;
		} catch (error) {
			if (this.#settings === null) throw error;
			return this.#settings.config;
		}
	}

	async #context(): Promise<LiveContext> {
		const config = await this.#config();
		const now = clock.now();
		const behindMs = this.#freshness.behindMs(now);
		const cursor = `${this.#epoch}-${this.#state.n}`;
		return { sources: this.#bare(this.#zone ?? config.zone), config, now, cursor, behindMs };
	}

	/** Brings the object up to date for someone who looks, who from now on counts as interest. */
	async #refresh(): Promise<void> {
		const now = clock.now();
		this.#queriedAt = now;
		if (this.#freshness.behindMs(now) > LAG_MS) await this.#pull(now);
	}

	/** Asks every log for what it has, unless one could not be reached just now. Whoever wants it meanwhile shares it. */
	#pull(now: number): Promise<void> {
		if (now - this.#pullFailedAt < PULL_AGAIN_MS) return Promise.resolve();
		this.#pulling ??= this.#pullAll(now).finally(() => {
			this.#pulling = null;
		});
		return this.#pulling;
	}

	async #pullAll(now: number): Promise<void> {
		const { partitions } = await this.#config();
		const pulls = Array.from({ length: partitions }, (_, p) => logStub(this.env, this.#tenant, p).pull(this.#metric));
		const done = Promise.all(pulls).then(
			() => true,
			() => false,
		);
		const ok = await within(PULL_MS, done);
		this.#freshness.pulled(now, ok, this.#interval(now), partitions);
		if (!ok) this.#pullFailedAt = now;
	}

	/** Viewers ask for nothing: while frames go, logs that were not heard are asked, and a frame that said more is put right. */
	async #hearOut(told: number): Promise<void> {
		const now = clock.now();
		if (this.#pulling !== null || !this.#freshness.isQuiet(now)) return;
		try {
			await this.#pull(now);
			if (told > LAG_MS && this.#freshness.behindMs(clock.now()) <= LAG_MS) await this.#viewers.correct();
		} catch (error) {
			console.error(`metric ${this.#metric}: the logs could not be asked`, error);
		}
	}

	#interval(now: number): number {
		const watched = this.#viewers.count > 0 || now - this.#queriedAt < INTEREST_MS;
		return interval(watched, this.#state.offsets.size);
	}

	#changedSince(cursor: string): number[] | null {
		const [, epoch, n] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? [];
		if (Number(epoch) !== this.#epoch || !(Number(n) <= this.#state.n)) return null;
		const after = Number(n);
		const pending = [...this.#state.minutes].filter(([, p]) => p.n > after).map(([minute]) => minute);
		const horizon = clock.now() - 25 * 3_600_000;
		return [...pending, ...this.#store.changedMinutes(horizon, Number.MAX_SAFE_INTEGER, after)];
	}

	#version(n: number): Version {
		return { epoch: this.#epoch, n };
	}
}

/** The promise's value, or false after so many ms. The timer ends with it: one that ran on would keep the object awake. */
function within(ms: number, promise: Promise<boolean>): Promise<boolean> {
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve(false), ms);
		void promise.then((ok) => {
			clearTimeout(timer);
			resolve(ok);
		});
	});
}
