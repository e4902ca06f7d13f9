/** What this log and the directory agree on: the tenant's config, and whether the journal has it already. */
import type { EventTable } from "../../schema/event.ts";
import { funnelWindows, isFunnel, MAX_METRICS, type TenantConfig } from "../../schema/metric.ts";
import { isReserved } from "../directory/state.ts";
import type { AppendRequest, DirectoryRpc } from "../rpc.ts";
import { Cut, NOT_WINDOWED } from "./fold.ts";

export class Agreement {
	/** Called before a newer config takes effect. */
	beforeChange: () => void = () => {};
	/** Null: nothing was ever agreed. */
	known: TenantConfig | null;
	#cut: Cut | null;
	#journaled: TenantConfig | null;
	readonly #directory: Pick<DirectoryRpc, "config" | "admit">;
	#asking: Promise<void> | null = null;

	/** `journaled`: what the journal's newest definitions say. */
	constructor(directory: Pick<DirectoryRpc, "config" | "admit">, journaled: TenantConfig | null) {
		this.#directory = directory;
		this.known = journaled;
		this.#journaled = journaled;
		this.#cut = journaled === null ? null : new Cut(journaled);
	}

	get config(): TenantConfig {
		if (this.known === null) throw new Error("the tenant was never configured");
		return this.known;
	}

	get cut(): Cut {
		if (this.#cut === null) throw new Error("the tenant was never configured");
		return this.#cut;
	}

	/** The config in force is newer than the journal's: it goes into the next row. */
	get isUnjournaled(): boolean {
		return this.known !== this.#journaled;
	}

	/** The windows of a funnel, or a generation of it, that is no longer defined. */
	isDropped(metric: string): boolean {
		return isFunnel(metric) && !this.config.funnels?.some((funnel) => funnelWindows(funnel) === metric);
	}

	journaled(): void {
		this.#journaled = this.known;
	}

	/** Asks the directory. */
	refresh(): Promise<void> {
		return this.#refresh();
	}

	/**
	 * Asks the directory where the sender knows more, or a batch has unknown names. Null, mostly: nothing to ask.
	 * `lateBefore`: names of older events are not asked for, epoch ms.
	 */
	with(request: AppendRequest, table: EventTable | null, lateBefore: number): Promise<void> | null {
		const { known } = this;
		const isBehind = known === null || request.epoch > known.epoch || request.definitions > known.version;
		if (isBehind) return this.#refresh().then(() => this.#admit(table, lateBefore));
		return this.#unknownNames(table, lateBefore).length === 0 ? null : this.#admit(table, lateBefore);
	}

	/** One question at a time answers all who wait. */
	#refresh(): Promise<void> {
		this.#asking ??= this.#directory
			.config()
			.then((config) => this.#take(config))
			.finally(() => {
				this.#asking = null;
			});
		return this.#asking;
	}

	async #admit(table: EventTable | null, lateBefore: number): Promise<void> {
		const names = this.#unknownNames(table, lateBefore);
		if (names.length > 0) this.#take(await this.#directory.admit(names));
	}

	/** Only of events that will be windowed: a crawler must not use up the names a tenant may have. */
	#unknownNames(table: EventTable | null, lateBefore: number): string[] {
		if (table === null || this.#cut === null || this.config.metrics.length >= MAX_METRICS) return [];
		const { columns, rows, strings } = table;
		const unknown = new Set<string>();
		let last = -1;
		for (let i = 0; i < rows; i++) {
			const index = columns.name[i] as number;
			if (index === last) continue;
			if (((columns.flags[i] as number) & NOT_WINDOWED) !== 0 || (columns.ts[i] as number) < lateBefore) continue;
			last = index;
			const name = strings[index] as string;
			if (!this.#cut.isAdmitted(name) && !isReserved(name)) unknown.add(name);
		}
		return [...unknown];
	}

	#take(config: TenantConfig | null): void {
		if (config === null) throw new Error("the tenant was never configured");
		const { known } = this;
		if (known !== null && config.version <= known.version && config.epoch <= known.epoch) return;
		this.beforeChange();
		this.known = config;
		this.#cut = new Cut(config);
	}
}
