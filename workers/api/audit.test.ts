import { expect, it } from "vitest";
import { AUDIT_ACTIONS, type AuditEntry } from "../../schema/people.ts";
import { app } from "../app.ts";
import { actionOf } from "./audit.ts";
import { call, newSite, ROOT } from "./test-api.ts";

/** Not of a route, but of how it ended. */
const OF_OUTCOMES = ["account.reset", "session.refused"];

it("every change that a route makes is in the list of actions, which settings have words for", () => {
	const written = app.routes.flatMap(({ method, path }) => actionOf(method, path) ?? []);
	expect([...new Set([...written, ...OF_OUTCOMES])].sort()).toEqual(AUDIT_ACTIONS.toSorted());
});

it("what was revoked or deleted is told by its name", async () => {
	const { site, keys } = await newSite({ name: "Told" });
	const made = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
		const answer = await call<Record<string, unknown>>(201, "POST", path, keys.admin, body);
		const inner = answer.segment ?? answer.funnel ?? answer;
		return inner as Record<string, unknown>;
	};
	const board = await made("/v1/dashboards", { dashboard: { title: "Checkout" } });
	const share = await made(`/v1/dashboards/${board.uid}/shares`, { name: "Lobby" });
	const key = await made("/v1/keys", { scope: "read" });
	const segment = await made("/v1/segments", { name: "Germans", filter: { dim: "country", values: ["DE"] } });
	const funnel = await made("/v1/funnels", { name: "Sales", definition: { steps: [{ event: "a" }, { event: "b" }] } });
	const annotation = await made("/v1/annotations", { text: "Deployed" });
	await call(201, "POST", `/v1/dashboards/${board.uid}/panels`, keys.admin, {
		panel: { kind: "text", title: "Notes" },
	});
	for (const path of [
		`/v1/shares/${share.id}`,
		`/v1/keys/${key.id}`,
		`/v1/segments/${segment.id}`,
		`/v1/funnels/${funnel.id}`,
		`/v1/annotations/${annotation.id}`,
		`/v1/dashboards/${board.uid}`,
	])
		await call(200, "DELETE", path, keys.admin);
	const { entries } = await call<{ entries: AuditEntry[] }>(200, "GET", `/v1/audit?org=${site.org}`, ROOT);
	const told = new Map(entries.filter((one) => one.site === site.id).map(({ action, detail }) => [action, detail]));
	expect(Object.fromEntries(told)).toMatchObject({
		"shares.delete": "Checkout: Lobby",
		"keys.delete": expect.stringMatching(/^rk_.{4}….{4}, read$/),
		"segments.delete": "Germans",
		"funnels.delete": "Sales",
		"annotations.delete": "Deployed",
		"dashboards.update": "Checkout: added the panel “Notes”",
		"dashboards.delete": "Checkout",
	});
});
