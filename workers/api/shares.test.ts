import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { directory } from "../../durable-objects/stubs.ts";
import type { Annotation } from "../../schema/annotation.ts";
import type { DashboardInput, DashboardRecord, PanelInput } from "../../schema/dashboard.ts";
import type { Subscription } from "../../schema/live.ts";
import type { PanelAnswer } from "../../schema/panel.ts";
import type { Share, Shared } from "../../schema/share.ts";
import { insertShare, shareById } from "../store/shares.ts";
import { forgetKeys } from "./auth.ts";
import { live } from "./live.ts";
import { forgetShare, framersOf, shareToken } from "./share-principal.ts";
import { call, type Made, newSite, refused } from "./test-api.ts";
import { toProblem } from "./validate.ts";

const MINUTE = 60_000;
const sockets = live.onError((error) => toProblem(error).toResponse());
const grid = { x: 0, y: 0, w: 8, h: 6 };
const line = (id: string, query: object, more: object = {}): PanelInput =>
	({ kind: "line", id, grid, queries: [{ ref: "A", metric: "purchase", ...query }], ...more }) as PanelInput;

const DASHBOARD: DashboardInput = {
	title: "Shop",
	time: { from: "now-1h", to: "now" },
	variables: [
		{
			kind: "list",
			name: "country",
			options: [{ value: "DE" }, { value: "FR" }, { value: "US" }],
			value: ["DE"],
		},
	],
	annotations: [{ kind: "stored", tags: ["deploy"] }],
	panels: [
		line("sum", { measure: "sum", filters: [{ dim: "country", op: "in", values: ["$country"] }] }),
		line("auto", { measure: "uniques", groupBy: ["device"] }),
		line("hours", { measure: "count" }, { interval: "1h" }),
		line("own", { measure: "avg" }, { time: { from: "now-2h", to: "now" } }),
	],
};

let made: Made;
let record: DashboardRecord;

beforeAll(async () => {
	made = await newSite({ name: "Shared shop" });
	await directory(env, made.site.id).admit(["purchase"]);
	forgetKeys();
	record = await call(201, "POST", "/v1/dashboards", made.keys.edit, { dashboard: DASHBOARD });
});

async function share(options: object = {}): Promise<{ share: Share; token: string }> {
	const made_ = await call<Share>(201, "POST", `/v1/dashboards/${record.uid}/shares`, made.keys.edit, options);
	const [, signature] = (made_.link ?? "").split("#");
	return { share: made_, token: `sh_${made_.id}.${signature}` };
}

const opened = (token: string) => call<Shared>(200, "GET", "/v1/shared", token);

describe("a shared link", () => {
	it("is made by who may edit, and holds its signature after the #", async () => {
		const path = `/v1/dashboards/${record.uid}/shares`;
		expect((await refused(403, "POST", path, made.keys.read, {})).detail).toContain("edit");
		const { share: plain } = await share({ name: "Board" });
		expect(plain).toMatchObject({ name: "Board", dashboard: record.uid, choose_time: true, revoked_at: null });
		expect(plain.link).toMatch(new RegExp(`^/share/${plain.id}#[\\w-]{43}$`));
		expect(plain.embed_link).toBeUndefined();
		expect((await share({ embed: true })).share.embed_link).toMatch(/^\/embed\/shr_\w+#[\w-]{43}$/);
		await refused(404, "POST", "/v1/dashboards/none/shares", made.keys.edit, {});
		await refused(400, "POST", path, made.keys.edit, { days: 0 });
		await refused(422, "POST", path, made.keys.edit, { time: { from: "yesterday", to: "now" } });
	});

	it("is listed without its signature, which no row and no list has", async () => {
		const { share: mine, token } = await share({ name: "Listed" });
		const signature = token.slice(token.indexOf(".") + 1);
		for (const path of ["/v1/shares", `/v1/dashboards/${record.uid}/shares`]) {
			const { shares } = await call<{ shares: Share[] }>(200, "GET", path, made.keys.read);
			expect(shares.find(({ id }) => id === mine.id)).toMatchObject({ name: "Listed" });
			expect(JSON.stringify(shares)).not.toContain(signature);
		}
		expect(JSON.stringify(await shareById(env, mine.id))).not.toContain(signature);
	});

	it("opens its dashboard, with what its page needs of the site and no more", async () => {
		const { token } = await share({ choose_time: false });
		const shared = await opened(token);
		expect(shared).toMatchObject({
			uid: record.uid,
			version: record.version,
			site: { name: "Shared shop" },
			share: { choose_time: false },
			dashboard: { title: "Shop" },
		});
		expect(Object.keys(shared.site).sort()).toEqual(["currency", "name", "week_start", "zone"]);
		expect(JSON.stringify(shared)).not.toContain(made.site.id);
	});

	it("is nothing where it was made up, tampered with, or of another share", async () => {
		const [{ token, share: one }, { share: other }] = [await share(), await share()];
		const signature = token.slice(token.indexOf(".") + 1);
		const flipped = signature.replace(/^./, (c) => (c === "A" ? "B" : "A"));
		for (const bad of [
			`sh_${one.id}.${flipped}`,
			`sh_${other.id}.${signature}`,
			`sh_${one.id}.`,
			`sh_${one.id}`,
			`sh_shr_nobody.${signature}`,
			"sh_.",
			`${token}=`,
		]) {
			expect(await refused(401, "GET", "/v1/shared", bad), bad).toMatchObject({ type: expect.stringContaining(":") });
		}
	});

	it("ends when it is revoked, at once here; editors revoke their own, admins any", async () => {
		const { token, share: mine } = await share();
		await opened(token);
		const other = await call<{ secret: string }>(201, "POST", "/v1/keys", made.keys.admin, { scope: "edit" }).then(
			(answer) => Object.values(answer).find((value): value is string => /^ek_/.test(String(value))) ?? "",
		);
		await refused(403, "DELETE", `/v1/shares/${mine.id}`, other);
		await refused(403, "DELETE", `/v1/shares/${mine.id}`, made.keys.read);
		await call(200, "DELETE", `/v1/shares/${mine.id}`, made.keys.edit);
		await refused(401, "GET", "/v1/shared", token);
		await call(200, "DELETE", `/v1/shares/${(await share()).share.id}`, made.keys.admin);
		const stranger = await newSite();
		await refused(404, "DELETE", `/v1/shares/${mine.id}`, stranger.keys.admin);
	});

	it("ends when it expires, and with its dashboard", async () => {
		const row = {
			id: `shr_old${Date.now().toString(36)}`,
			tenant: made.site.id,
			dashboard: record.uid,
			options: "{}",
			createdAt: Date.now() - 2 * MINUTE,
			createdBy: { kind: "system" as const, id: "", name: "" },
			expiresAt: Date.now() - MINUTE,
			revokedAt: null,
		};
		await insertShare(env, row);
		await refused(401, "GET", "/v1/shared", await shareToken(env, row));
		// An expiry that somebody wrote into the row is not what was signed.
		const { share: one, token } = await share({ days: 1 });
		await env.DB.prepare("UPDATE shares SET expires_at = NULL WHERE id = ?").bind(one.id).run();
		await refused(401, "GET", "/v1/shared", token);
		const gone = await call<DashboardRecord>(201, "POST", "/v1/dashboards", made.keys.edit, { dashboard: DASHBOARD });
		const link = await call<Share>(201, "POST", `/v1/dashboards/${gone.uid}/shares`, made.keys.edit, {});
		const goneToken = `sh_${link.id}.${link.link?.split("#")[1]}`;
		await opened(goneToken);
		await call(200, "DELETE", `/v1/dashboards/${gone.uid}`, made.keys.edit);
		await refused(401, "GET", "/v1/shared", goneToken);
	});

	it("is in frames of the site's origins only where it is for that, and while it is open", async () => {
		const at = { ...made.site, embed_origins: ["https://wiki.example"] };
		await env.DB.prepare("UPDATE sites SET embed_origins = ? WHERE id = ?")
			.bind(JSON.stringify(at.embed_origins), made.site.id)
			.run();
		forgetKeys();
		const [plain, embedded] = [await share(), await share({ embed: true })];
		expect(await framersOf(env, plain.share.id)).toEqual([]);
		expect(await framersOf(env, embedded.share.id)).toEqual(["https://wiki.example"]);
		expect(await framersOf(env, "shr_none")).toEqual([]);
		expect(await framersOf(env, "'); DROP")).toEqual([]);
		await call(200, "DELETE", `/v1/shares/${embedded.share.id}`, made.keys.edit);
		expect(await framersOf(env, embedded.share.id)).toEqual([]);
	});
});

describe("annotations of a shared link", () => {
	const annotate = (text: string, tags: string[], ago: number, dashboard: string | null = null) =>
		call(201, "POST", "/v1/annotations", made.keys.edit, { at: Date.now() - ago, text, tags, dashboard });
	const texts = async (token: string, range = "from=now-7d&to=now") => {
		const { annotations } = await call<{ annotations: Annotation[] }>(
			200,
			"GET",
			`/v1/shared/annotations?${range}`,
			token,
		);
		for (const { by } of annotations) expect(by).toEqual({ kind: "key", id: "", name: "" });
		return annotations.map(({ text }) => text).sort();
	};

	it("are those that its layers show, in its range", async () => {
		await annotate("now", ["deploy"], MINUTE);
		await annotate("yesterday", ["deploy"], 1_440 * MINUTE);
		await annotate("untagged", [], MINUTE);
		await annotate("mine", ["deploy"], MINUTE, record.uid);
		const other = await call<DashboardRecord>(201, "POST", "/v1/dashboards", made.keys.edit, { dashboard: DASHBOARD });
		await annotate("other dashboard's", ["deploy"], MINUTE, other.uid);
		expect(await texts((await share()).token)).toEqual(["mine", "now", "yesterday"]);
		const { token } = await share({ choose_time: false });
		expect(await texts(token)).toEqual(["mine", "now"]);
		expect(await texts(token, "from=now-7d&to=now-2h")).toEqual([]);
	});
});

describe("sockets of a shared link", () => {
	const panelOf = (token: string, panel: string, body: object = {}) =>
		call<PanelAnswer>(200, "POST", `/v1/dashboards/${record.uid}/panels/${panel}/query`, token, body);
	const liveOf = async (token: string, panel: string, body: object = {}): Promise<Subscription> => {
		const found = (await panelOf(token, panel, body)).results[0]?.live;
		if (!found) throw new Error(`panel ${panel} has no live subscription`);
		return found;
	};
	/** The first frame. */
	async function watch(token: string, subscriptions: Subscription[], more = ""): Promise<Record<string, unknown>> {
		const params = new URLSearchParams({ metric: "purchase" });
		for (const { metric: _, ...sub } of subscriptions) params.append("sub", JSON.stringify(sub));
		const headers = { upgrade: "websocket", "sec-websocket-protocol": `nowcast.v1, ${token}` };
		const { webSocket } = await sockets.request(`https://nowcast.test/v1/live?${params}${more}`, { headers }, env);
		if (!webSocket) throw new Error("no socket");
		const first = await new Promise<string>((resolve) => {
			webSocket.addEventListener("message", ({ data }) => resolve(String(data)));
			webSocket.accept();
		});
		webSocket.close();
		return JSON.parse(first);
	}
	const HELLO = { t: "hello" };
	const FORBIDDEN = { t: "error", problem: { status: 403 } };

	it("bring what the panels are given, of any width, together", async () => {
		const { token } = await share();
		const all = [
			await liveOf(token, "sum"),
			await liveOf(token, "auto", { maxDataPoints: 15 }),
			await liveOf(token, "auto", { maxDataPoints: 1_000 }),
			await liveOf(token, "hours"),
			await liveOf(token, "own"),
		];
		expect(all.slice(1, 3).map(({ interval }) => interval)).toEqual(["5m", "1m"]);
		expect(await watch(token, all)).toMatchObject(HELLO);
	});

	it("bring nothing else: another measure, metric, filter, group, limit or finer interval", async () => {
		const { token } = await share();
		const [sum, hours, auto] = [
			await liveOf(token, "sum"),
			await liveOf(token, "hours"),
			await liveOf(token, "auto", { maxDataPoints: 1_000 }),
		];
		for (const foreign of [
			{ ...sum, measure: "count" },
			{ ...sum, filters: [] },
			{ ...sum, filters: [{ dim: "country", op: "in", values: ["FR"] }] },
			{ ...sum, groupBy: ["country"] },
			{ ...hours, interval: "1m" },
			{ ...auto, limit: 100 },
			{ ...auto, measure: "active", groupBy: [] },
		] as Subscription[]) {
			const answer = await watch(token, [sum, foreign]);
			expect(answer, JSON.stringify(foreign)).toMatchObject(FORBIDDEN);
			// The client is told which, and may come again with the others.
			const subs = answer.subs;
			expect(Array.isArray(subs) && subs[1]).toBe(answer.sub);
		}
	});

	it("bring values of variables only as the link lets choose them", async () => {
		const vars = { country: ["FR"] };
		const more = `&vars=${encodeURIComponent(JSON.stringify(vars))}`;
		const { token: free } = await share({ choose_variables: true });
		const french = await liveOf(free, "sum", { variables: vars });
		expect(JSON.stringify(french)).toContain("FR");
		expect(await watch(free, [french], more)).toMatchObject(HELLO);
		expect(await watch(free, [french])).toMatchObject(FORBIDDEN);
		const { token: fixed } = await share({ variables: { country: ["US"] } });
		expect(await watch(fixed, [french], more)).toMatchObject(FORBIDDEN);
		const american = await liveOf(fixed, "sum", { variables: vars });
		expect(JSON.stringify(american)).toContain("US");
		expect(await watch(fixed, [american], more)).toMatchObject(HELLO);
	});

	it("reach back no further than the range, where that is not the viewer's to choose", async () => {
		const [{ token: free }, { token: fixed }] = [await share(), await share({ choose_time: false })];
		const sum = await liveOf(fixed, "sum");
		const further = { ...sum, from: "now-12h" };
		expect(await watch(fixed, [sum])).toMatchObject(HELLO);
		expect(await watch(free, [further])).toMatchObject(HELLO);
		expect(await watch(fixed, [further])).toMatchObject(FORBIDDEN);
		expect(await watch(fixed, [further], "&time=now-1d,now")).toMatchObject(FORBIDDEN);
		const own = await liveOf(free, "own");
		expect(await watch(free, [{ ...own, from: "now-12h" }])).toMatchObject(FORBIDDEN);
	});

	it("are refused once the link is revoked, and where what was chosen cannot be read", async () => {
		const { token, share: mine } = await share();
		const sum = await liveOf(token, "sum");
		for (const bad of ["&vars=[", "&vars=[1]", "&time=now", "&vars={%22country%22:%22DE%22}"])
			expect(await watch(token, [sum], bad), bad).toMatchObject({ t: "error", problem: { status: 400 } });
		await call(200, "DELETE", `/v1/shares/${mine.id}`, made.keys.admin);
		forgetShare(mine.id);
		expect(await watch(token, [sum])).toMatchObject({ t: "error", problem: { status: 401 } });
	});
});
