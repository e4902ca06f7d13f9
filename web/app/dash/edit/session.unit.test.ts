import { afterEach, describe, expect, it, vi } from "vitest";
import { Dashboard, type DashboardRecord } from "../../../../schema/dashboard.ts";
import { EditSession, newRecord } from "./session.ts";

const by = { kind: "user" as const, id: "u1", name: "Ada" };
const recordOf = (version: number, dashboard: Dashboard): DashboardRecord => ({
	uid: "d1",
	version,
	created_at: 1,
	created_by: by,
	updated_at: version,
	updated_by: by,
	dashboard,
});
const start = recordOf(1, Dashboard.parse({ title: "Site" }));
const titled = (title: string) => (dashboard: Dashboard) => ({ ...dashboard, title });

interface Sent {
	version: number;
	dashboard: Dashboard;
	message: string;
}
const sent: Sent[] = [];

/** A server at `newest`: takes a change that started from it, refuses others with it. */
function serve(newest: DashboardRecord): void {
	sent.length = 0;
	vi.stubGlobal("fetch", async (_: unknown, init: RequestInit) => {
		if (init.method !== "PUT") return Response.json(newest);
		const body: Sent = JSON.parse(String(init.body));
		sent.push(body);
		if (body.version === newest.version) return Response.json(recordOf(newest.version + 1, body.dashboard));
		return Response.json({ type: "urn:nowcast:problem:version", detail: "Newer", current: newest }, { status: 409 });
	});
}
afterEach(() => vi.unstubAllGlobals());

describe("editing", () => {
	it("is dirty by a change, and clean again when that is undone", () => {
		const session = new EditSession(start);
		expect(session.dirty.value).toBe(false);
		session.change(titled("Shop"));
		expect([session.dirty.value, session.canUndo.value]).toEqual([true, true]);
		session.undo();
		expect([session.dirty.value, session.canRedo.value]).toEqual([false, true]);
	});

	it("undoes the typing in a field at once, but not what was typed there before", () => {
		const session = new EditSession(start);
		session.change(titled("S"), "title");
		session.change(titled("Sh"), "title");
		session.settle();
		session.change(titled("Sho"), "title");
		session.undo();
		expect(session.dashboard.value.title).toBe("Sh");
		session.undo();
		expect(session.dashboard.value.title).toBe("Site");
	});
});

describe("saving", () => {
	it("says which version it started from, and goes on from the new one", async () => {
		serve(start);
		const session = new EditSession(start);
		session.change(titled("Shop"));
		expect(await session.save("why")).toBe(true);
		expect(sent).toMatchObject([{ version: 1, message: "why", dashboard: { title: "Shop" } }]);
		expect([session.base.value.version, session.dirty.value]).toEqual([2, false]);
	});

	it("makes a dashboard of a new one, which is not stored before", async () => {
		const made: unknown[] = [];
		vi.stubGlobal("fetch", async (path: unknown, init: RequestInit) => {
			made.push([init.method, String(path), JSON.parse(String(init.body))]);
			return Response.json(recordOf(1, Dashboard.parse({ title: "Shop" })), { status: 201 });
		});
		const session = new EditSession(newRecord());
		expect([session.dirty.value, session.dashboard.value.title]).toEqual([false, "New dashboard"]);
		session.change(titled("Shop"));
		expect(made).toEqual([]);
		expect(await session.save("first")).toBe(true);
		expect(made).toMatchObject([
			["POST", expect.stringMatching(/\/v1\/dashboards$/), { dashboard: { title: "Shop" }, message: "first" }],
		]);
		expect([session.base.value.uid, session.base.value.version, session.dirty.value]).toEqual(["d1", 1, false]);
	});

	it("keeps what was changed while it was under way", async () => {
		serve(start);
		const session = new EditSession(start);
		session.change(titled("Shop"));
		const saving = session.save("");
		session.change(titled("Shop and more"));
		await saving;
		expect(session.dashboard.value.title).toBe("Shop and more");
		expect(session.dirty.value).toBe(true);
	});

	it("overwrites nobody: it brings what the other saved, and goes on from there with what was merged", async () => {
		const theirs = recordOf(4, Dashboard.parse({ title: "Theirs", tags: ["x"] }));
		serve(theirs);
		const session = new EditSession(start);
		session.change(titled("Mine"));
		expect(await session.save("mine")).toBe(false);
		expect(session.theirs.value).toEqual(theirs);
		expect(session.dashboard.value.title).toBe("Mine");

		session.rebase(theirs, { ...theirs.dashboard, title: "Mine" });
		expect(await session.save(session.message)).toBe(true);
		expect(sent.at(-1)).toMatchObject({ version: 4, message: "mine", dashboard: { title: "Mine", tags: ["x"] } });
	});
});
