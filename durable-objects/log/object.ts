/** The EventLog object: one per tenant and partition. Thin: the log itself is in `log.ts`. */
import { DurableObject } from "cloudflare:workers";
import { parseName, tenantId } from "../../schema/ids.ts";
import type { Env } from "../../workers/env.ts";
import { Alarms } from "../alarms.ts";
import { objectName } from "../name.ts";
import type {
	AppendAnswer,
	AppendRequest,
	LogRpc,
	LogStatus,
	SealAnswer,
	SeedAnswer,
	SeedRequest,
	TailAnswer,
	TailRequest,
} from "../rpc.ts";
import { directory, metricStub } from "../stubs.ts";
import { Agreement } from "./agreement.ts";
import { archiveOf } from "./archive.ts";
import { Log, type LogAlarm } from "./log.ts";
import { LogStore } from "./store.ts";

/** Between the answer to `destroy` and the end of the object, ms: the answer must get out. */
const FAREWELL_MS = 50;

/** The clock of all logs in this isolate; tests set it. */
export const clock = { now: (): number => Date.now() };

export class EventLog extends DurableObject<Env> implements LogRpc {
	readonly #alarms: Alarms<LogAlarm>;
	readonly #log: Log;
	#pumpTimer: number | null = null;
	#flushTimer: number | null = null;

	/** Recovery is synchronous: no call can come before it is done. */
	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const [tenantName, partition] = parseName(objectName(ctx)).parts;
		if (tenantName === undefined || partition === undefined) throw new Error("not the name of a log");
		const tenant = tenantId(tenantName);
		const store = new LogStore(ctx.storage);
		this.#alarms = new Alarms(ctx.storage);
		this.#log = new Log({
			store,
			alarms: this.#alarms,
			agreement: new Agreement(directory(env, tenant), store.configAt(Number.MAX_SAFE_INTEGER)),
			tenant,
			partition: Number(partition),
			archive: archiveOf(env),
			now: () => clock.now(),
			apply: (metric, request) => metricStub(env, tenant, metric).apply(request),
			schedule: (ms) => {
				clearTimeout(this.#pumpTimer);
				if (ms !== null) this.#pumpTimer = setTimeout(() => this.#log.pump(), ms);
			},
			scheduleFlush: (ms) => {
				clearTimeout(this.#flushTimer);
				if (ms !== null) this.#flushTimer = setTimeout(() => this.#log.flush(), ms);
			},
			abort: (reason) => ctx.abort(String(reason)),
		});
	}

	append(request: AppendRequest): Promise<AppendAnswer> {
		return this.#log.append(request);
	}

	pull(metric: string): Promise<void> {
		return this.#log.pull(metric);
	}

	async status(): Promise<LogStatus> {
		return this.#log.status();
	}

	async readTail(request: TailRequest): Promise<TailAnswer> {
		return this.#log.tail(request);
	}

	seal(): Promise<SealAnswer> {
		return this.#log.seal();
	}

	seedFunnel(request: SeedRequest): Promise<SeedAnswer> {
		return this.#log.seedFunnel(request);
	}

	erase(visitorHi: number, visitorLo: number): Promise<SealAnswer> {
		return this.#log.erase(visitorHi, visitorLo);
	}

	async destroy(): Promise<void> {
		this.#log.stop();
		await this.ctx.storage.deleteAlarm();
		await this.ctx.storage.deleteAll();
		await this.ctx.storage.sync();
		setTimeout(() => this.ctx.abort("destroyed"), FAREWELL_MS);
	}

	override async alarm(): Promise<void> {
		await this.#alarms.run(clock.now(), {
			forward: () => this.#log.catchUp(),
			checkpoint: () => this.#log.checkpoint(),
			trim: () => this.#log.trim(),
			seal: () => this.#log.sealDue(),
		});
	}
}
