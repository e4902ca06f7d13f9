import { expect, test } from "vitest";
import { Failure } from "../api.ts";
import type { Resource } from "./api.ts";
import { Shelf } from "./shelf.ts";

interface Saved {
	id: string;
	name: string;
	version: number;
	body: string;
}

/** A server that keeps versions as the real one does. */
function server(): Resource<Saved, string> {
	const rows = new Map<string, Saved>();
	let made = 0;
	return {
		list: async () => [...rows.values()],
		create: async (name, body) => {
			const row = { id: `s${++made}`, name, version: 1, body };
			rows.set(row.id, row);
			return row;
		},
		update: async (id, version, name, body) => {
			if (rows.get(id)?.version !== version) throw new Failure(409, "version", "changed since");
			const row = { id, name, version: version + 1, body };
			rows.set(id, row);
			return row;
		},
		remove: async (id) => rows.delete(id),
	};
}

test("what is saved is there at once, by name, and again after a reload", async () => {
	const resource = server();
	const shelf = new Shelf(resource);
	await shelf.load();
	expect(shelf.items.value).toEqual([]);
	const b = await shelf.create("Beta", "1");
	const a = await shelf.create("Alpha", "2");
	expect(shelf.items.value?.map((item) => item.name)).toEqual(["Alpha", "Beta"]);
	await shelf.update(b, "Zeta", "3");
	await shelf.remove(a);
	const again = new Shelf(resource);
	await again.load();
	expect(again.items.value).toEqual(shelf.items.value);
	expect(again.nameOf(b.id)).toBe("Zeta");
	expect(again.nameOf("gone")).toBe("gone");
});

test("a change that somebody else was faster with is refused, and nothing is taken away", async () => {
	const shelf = new Shelf(server());
	const item = await shelf.create("Alpha", "1");
	await shelf.update(item, "Alpha", "2");
	await expect(shelf.update(item, "Alpha", "3")).rejects.toThrow("changed since");
	expect(shelf.find(item.id)?.body).toBe("2");
});
