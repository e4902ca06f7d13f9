import { signal } from "@preact/signals";
import { Failure } from "../api.ts";
import type { Resource } from "./api.ts";

interface Item {
	id: string;
	name: string;
	version: number;
}

/** What is saved under names, kept in step with the server: a list, and what may be done to it. */
export class Shelf<T extends Item, Body> {
	/** Null: not known yet. */
	readonly items = signal<T[] | null>(null);
	readonly failure = signal<Failure | null>(null);
	private readonly resource: Resource<T, Body>;

	constructor(resource: Resource<T, Body>) {
		this.resource = resource;
	}

	load = async (): Promise<void> => {
		this.failure.value = null;
		try {
			this.items.value = sorted(await this.resource.list());
		} catch (error) {
			this.failure.value = failureOf(error);
		}
	};

	find(id: string): T | undefined {
		return this.items.value?.find((item) => item.id === id);
	}

	/** By its name; one that is gone by its id. */
	nameOf = (id: string): string => this.find(id)?.name ?? id;

	async create(name: string, body: Body): Promise<T> {
		return this.keep(await this.resource.create(name, body));
	}

	async update(item: T, name: string, body: Body): Promise<T> {
		return this.keep(await this.resource.update(item.id, item.version, name, body));
	}

	async remove(item: T): Promise<void> {
		await this.resource.remove(item.id);
		this.items.value = (this.items.peek() ?? []).filter(({ id }) => id !== item.id);
	}

	private keep(item: T): T {
		const others = (this.items.peek() ?? []).filter(({ id }) => id !== item.id);
		this.items.value = sorted([...others, item]);
		return item;
	}
}

const sorted = <T extends Item>(items: readonly T[]): T[] => items.toSorted((a, b) => a.name.localeCompare(b.name));

export const failureOf = (error: unknown): Failure =>
	error instanceof Failure ? error : new Failure(0, "bug", String(error));
