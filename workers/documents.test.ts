import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import type { DashboardRecord } from "../schema/dashboard.ts";
import type { Share } from "../schema/share.ts";
import { forgetKeys } from "./api/auth.ts";
import { call, type Made, newSite } from "./api/test-api.ts";
import { serveDocument } from "./documents.ts";

/** Files as the assets binding serves them: any other path is the app's page. */
const FILES: Record<string, [type: string, body: string]> = {
	"/assets/app.js": ["text/javascript", "app()"],
	"/theme.js": ["text/javascript", "theme()"],
};
const asked: Request[] = [];
const assets = {
	fetch: async (input: RequestInfo | URL) => {
		const request = new Request(input);
		asked.push(request);
		const [type, body] = FILES[new URL(request.url).pathname] ?? ["text/html; charset=utf-8", "<!doctype html>"];
		return new Response(body, { headers: { "content-type": type, etag: '"e"' } });
	},
};
const get = (path: string, headers: Record<string, string> = {}) =>
	serveDocument(new Request(`https://nowcast.test${path}`, { headers }), env, assets);
const policyOf = async (path: string) => {
	const text = (await get(path)).headers.get("content-security-policy") ?? "";
	return new Map(text.split("; ").map((rule) => [rule.split(" ")[0], rule.slice(rule.indexOf(" ") + 1)]));
};

describe("a page", () => {
	it("runs what is served from here, and nothing that stands in it or elsewhere", async () => {
		for (const path of ["/", "/dashboards", "/d/x/edit", "/share/shr_1"]) {
			const policy = await policyOf(path);
			expect(policy.get("default-src"), path).toBe("'none'");
			expect(policy.get("script-src"), path).toBe("'self'");
			expect(policy.get("style-src"), path).toBe("'self'");
			expect([...policy.values()].join(" "), path).not.toMatch(/unsafe|\*|https?:/);
		}
	});

	it("of the demo shop may colour its pictures, and no more", async () => {
		const [policy, ours] = [await policyOf("/shop/boots/"), await policyOf("/")];
		expect(policy.get("style-src")).toBe("'self' 'unsafe-inline'");
		expect([...policy].filter(([name, value]) => ours.get(name ?? "") !== value)).toHaveLength(1);
	});

	it("tells nobody where its visitor came from, is what its type says, and is in nobody's frame", async () => {
		const { headers } = await get("/d/x");
		expect(headers.get("x-content-type-options")).toBe("nosniff");
		expect(headers.get("referrer-policy")).toBe("no-referrer");
		expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
		expect(headers.get("permissions-policy")).toContain("camera=()");
		expect(headers.get("x-frame-options")).toBe("DENY");
		expect((await policyOf("/d/x")).get("frame-ancestors")).toBe("'none'");
	});

	it("is always sent with its headers, never as not modified; files are as they are", async () => {
		await get("/d/x", { "if-none-match": '"e"' });
		expect(asked.at(-1)?.headers.has("if-none-match")).toBe(false);
		const file = await get("/assets/app.js", { "if-none-match": '"e"' });
		expect(asked.at(-1)?.headers.get("if-none-match")).toBe('"e"');
		expect(file.headers.has("content-security-policy")).toBe(false);
	});
});

describe("an embedded dashboard", () => {
	const sites: { made: Made; origins: string[] }[] = [];
	const links: Record<"embed" | "plain", Share>[] = [];

	beforeAll(async () => {
		for (const origins of [["https://wiki.one.example", "https://two.example:8443"], ["https://other.example"]]) {
			const made = await newSite();
			const { site, keys } = made;
			await env.DB.prepare("UPDATE sites SET embed_origins = ? WHERE id = ?")
				.bind(JSON.stringify([...origins, "https://evil.example; script-src *"]), site.id)
				.run();
			forgetKeys();
			const { uid } = await call<DashboardRecord>(201, "POST", "/v1/dashboards", keys.edit, {
				dashboard: { title: "Board" },
			});
			const link = (embed: boolean) => call<Share>(201, "POST", `/v1/dashboards/${uid}/shares`, keys.edit, { embed });
			sites.push({ made, origins });
			links.push({ embed: await link(true), plain: await link(false) });
		}
	});

	it("may stand in frames of its own site's origins, and of no other site's", async () => {
		for (const [i, { origins }] of sites.entries()) {
			const path = `/embed/${links[i]?.embed.id}`;
			expect((await policyOf(path)).get("frame-ancestors")).toBe(origins.join(" "));
			expect((await get(path)).headers.has("x-frame-options")).toBe(false);
		}
	});

	it("is in nobody's frame where the link is not for that, is not known, or was revoked", async () => {
		const [one] = links;
		for (const path of [`/embed/${one?.plain.id}`, "/embed/shr_none", "/embed/%27", `/share/${one?.embed.id}`]) {
			expect((await policyOf(path)).get("frame-ancestors"), path).toBe("'none'");
			expect((await get(path)).headers.get("x-frame-options"), path).toBe("DENY");
		}
		await call(200, "DELETE", `/v1/shares/${one?.embed.id}`, sites[0]?.made.keys.admin ?? "");
		expect((await policyOf(`/embed/${one?.embed.id}`)).get("frame-ancestors")).toBe("'none'");
	});
});
