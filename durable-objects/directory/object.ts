/**
 * What the data path must agree on about one tenant: slot layout (epoch, partitions), zone, and the definitions by
 * which windows are cut. The object is their single source; edges and logs hold copies for seconds.
 *
 * On itty-durable: its `autoPersist` writes after every call, reads included, and drops the error of a failed write.
 * It stays off. A method that changes something writes first, synchronously, and assigns after: memory never holds
 * what storage lacks, no other call comes between, and the output gate holds the answer until the write is durable.
 */
import { createDurable } from "itty-durable/itty-durable.js";
import { StatusError } from "itty-router";
import { type FunnelConfig, MAX_LIVE_FUNNELS, type TenantConfig } from "../../schema/metric.ts";
import type { Env } from "../../workers/env.ts";
import { admitted, configured, type DirectorySettings, withFunnel, withoutFunnel } from "./state.ts";

const decode = <T>(argument: string) => JSON.parse(decodeURIComponent(argument)) as T;

export class Directory extends createDurable() {
	/** All that is kept: itty-durable loads an instance's fields from the storage key `data`. */
	tenant: TenantConfig | null;
	readonly #storage: DurableObjectStorage;

	constructor(state: DurableObjectState, env: Env) {
		super(state, env);
		this.tenant = null;
		this.#storage = state.storage;
	}

	/** Arguments are URI-encoded JSON, because itty-durable carries them in a header, and headers are ASCII. */
	configure(settings: string): TenantConfig {
		return this.#keep(configured(this.tenant, decode<DirectorySettings>(settings)));
	}

	config(): TenantConfig | null {
		return this.tenant;
	}

	admit(names: string): TenantConfig {
		return this.#keep(admitted(this.#configured(), decode<string[]>(names)));
	}

	setFunnel(funnel: string): TenantConfig {
		const next = withFunnel(this.#configured(), decode<Omit<FunnelConfig, "generation">>(funnel), Date.now());
		if (next === null) throw new StatusError(422, `a site has at most ${MAX_LIVE_FUNNELS} live funnels`);
		return this.#keep(next);
	}

	dropFunnel(id: string): TenantConfig {
		return this.#keep(withoutFunnel(this.#configured(), decode<string>(id)));
	}

	override async destroy(): Promise<never> {
		await this.#storage.deleteAll();
		this.tenant = null;
		return undefined as never; // itty-durable's types say `never` where it means nothing.
	}

	#configured(): TenantConfig {
		if (this.tenant === null) throw new StatusError(404, "the tenant was never configured");
		return this.tenant;
	}

	#keep(next: TenantConfig): TenantConfig {
		if (next !== this.tenant) this.#storage.kv.put("data", { tenant: next });
		this.tenant = next;
		return next;
	}
}
