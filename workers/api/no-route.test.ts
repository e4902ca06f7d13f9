import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { ProblemDocument } from "../../schema/problem.ts";
import { app } from "../app.ts";
import { newSite } from "./test-api.ts";

async function ask(method: string, path: string, key?: string) {
	const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
	const response = await app.request(path, { method, headers }, env);
	const text = await response.text();
	const problem: ProblemDocument | null = text === "" ? null : JSON.parse(text);
	return {
		status: response.status,
		allow: response.headers.get("allow"),
		problem,
		type: response.headers.get("content-type"),
	};
}

describe("a path that takes another method", () => {
	it.each([
		["PUT", "/v1/query", "GET, HEAD, POST"],
		["DELETE", "/v1/segments", "GET, HEAD, POST"],
		["POST", "/v1/segments/none", "DELETE, GET, HEAD, PUT"],
		["GET", "/v1/tickets", "POST"],
		["PATCH", "/v1/dashboards/none/versions/3/restore", "POST"],
		["POST", "/v1/openapi.json", "GET, HEAD"],
		["POST", "/v1/health", "GET, HEAD"],
	])("%s %s is 405, with those that it takes", async (method, path, allow) => {
		const got = await ask(method, path);
		expect(got).toMatchObject({ status: 405, allow, type: "application/problem+json" });
		expect(got.problem).toMatchObject({ type: "urn:nowcast:problem:method", title: "Method not allowed", status: 405 });
		expect(got.problem?.detail).toBe(`${path} takes ${allow}, not ${method}.`);
	});

	it("says the same to everybody, of what is there and of what is not", async () => {
		const { site, keys } = await newSite();
		const answers = [
			await ask("PUT", `/v1/sites/${site.id}`),
			await ask("PUT", `/v1/sites/${site.id}`, keys.admin),
			await ask("PUT", `/v1/sites/${site.id}`, "ak_nobody"),
		];
		for (const answer of answers) expect(answer).toEqual(answers[0]);
		expect(await ask("PUT", "/v1/sites/none", keys.admin)).toMatchObject({ status: 405, allow: answers[0]?.allow });
	});
});

it("unknown paths are 404 whatever the method, and so are HEAD and OPTIONS where nothing answers them", async () => {
	for (const [method, path] of [
		["GET", "/v1/nothing"],
		["POST", "/v1/nothing"],
		["DELETE", "/v1/segments/none/none"],
		["OPTIONS", "/v1/query"],
		["HEAD", "/v1/tickets"],
	] as const) {
		expect(await ask(method, path)).toMatchObject({ status: 404, allow: null });
	}
	expect((await ask("HEAD", "/v1/openapi.json")).status).toBe(200);
});

it("a method that a path takes asks who calls first", async () => {
	expect((await ask("DELETE", "/v1/sites/none")).status).toBe(401);
});
