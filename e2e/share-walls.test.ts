/// <reference lib="dom" />
/** A shared link reads its own panels and nothing else, by whatever route; and pages run nothing but what is served. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page, Frame as PageFrame } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DashboardInput, DashboardRecord } from "../schema/dashboard.ts";
import type { Frame, Subscription } from "../schema/live.ts";
import type { PanelAnswer } from "../schema/panel.ts";
import type { NewShare, Share, Shared } from "../schema/share.ts";
import { browserAvailable, launchBrowser } from "./browser.ts";
import { Nowcast, until } from "./nowcast.ts";

interface Site {
	id: string;
	keys: Record<"write" | "server" | "read" | "edit" | "admin", string>;
}

let nowcast: Nowcast;
let site: Site;
let other: Site;
let mine: DashboardRecord;
let hidden: DashboardRecord;

const grid = { x: 0, y: 0, w: 12, h: 8 };
const MINE: DashboardInput = {
	title: "Shop",
	time: { from: "now-1h", to: "now" },
	variables: [{ kind: "list", name: "country", options: [{ value: "DE" }, { value: "FR" }], value: ["DE"] }],
	annotations: [{ kind: "stored", tags: ["deploy"] }],
	panels: [
		{
			kind: "line",
			id: "sales",
			title: "Sales in $country",
			grid,
			queries: [
				{
					ref: "A",
					metric: "purchase",
					measure: "sum",
					filters: [{ dim: "country", op: "in", values: ["$country"] }],
				},
			],
		},
		{ kind: "text", id: "words", grid: { ...grid, y: 8 }, markdown: "**Hello** from $country" },
	],
};
const HIDDEN: DashboardInput = {
	title: "secret plan",
	panels: [{ kind: "stat", id: "plan", grid, queries: [{ ref: "A", metric: "secret_event" }] }],
};

async function json<T>(method: string, path: string, key: string, body?: unknown): Promise<T> {
	const response = await call(method, path, key, body);
	const text = await response.text();
	if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
	return JSON.parse(text) as T;
}

const call = (method: string, path: string, key: string, body?: unknown, headers: Record<string, string> = {}) =>
	fetch(`${nowcast.url}${path}`, {
		method,
		headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});

const newSite = (name: string, more: object = {}) =>
	json<{ site: { id: string }; keys: Site["keys"] }>("POST", "/v1/sites", "ak_demo", { name, ...more }).then(
		(made): Site => ({ id: made.site.id, keys: made.keys }),
	);

interface Link {
	share: Share;
	token: string;
}
async function link(options: Partial<NewShare> = {}, of = mine, at = site): Promise<Link> {
	const share = await json<Share>("POST", `/v1/dashboards/${of.uid}/shares`, at.keys.edit, options);
	return { share, token: `sh_${share.id}.${share.link?.split("#")[1]}` };
}

const panel = (token: string, body: object = {}, id = "sales", uid = mine.uid) =>
	call("POST", `/v1/dashboards/${uid}/panels/${id}/query`, token, body);
const answered = async (token: string, body: object = {}): Promise<PanelAnswer> => {
	const response = await panel(token, body);
	expect(response.status).toBe(200);
	return (await response.json()) as PanelAnswer;
};

/** The frames of a socket until one is of this kind, or an error. */
async function frames(token: string, query: string, last: Frame["t"] = "snapshot"): Promise<Frame[]> {
	const found: Frame[] = [];
	const socket = new WebSocket(`${nowcast.url.replace("http", "ws")}/v1/live?${query}`, ["nowcast.v1", token]);
	await new Promise<void>((resolve) => {
		socket.addEventListener("close", () => resolve());
		socket.addEventListener("error", () => resolve());
		socket.addEventListener("message", ({ data }) => {
			found.push(JSON.parse(String(data)) as Frame);
			if (found.at(-1)?.t === last || found.at(-1)?.t === "error") resolve();
		});
	});
	socket.close();
	return found;
}
const subOf = ({ metric, ...sub }: Subscription) => `metric=${metric}&sub=${encodeURIComponent(JSON.stringify(sub))}`;

beforeAll(async () => {
	nowcast = await Nowcast.start();
	site = await newSite("Shared shop");
	other = await newSite("Other shop");
	await nowcast.send(
		[
			...["DE", "DE", "FR"].map((country, i) => ({ name: "purchase", value: 10, visitor_id: `v${i}`, country })),
			{ name: "secret_event", visitor_id: "s", url: "https://shop.example/secret-page" },
		].map((event) => ({ ...event, age: 0 })),
		site.keys.server,
	);
	await until("events", async () => (await nowcast.total({ metric: "secret_event" }, site.keys.read)) === 1);
	const make = (dashboard: DashboardInput, at = site) =>
		json<DashboardRecord>("POST", "/v1/dashboards", at.keys.edit, { dashboard });
	mine = await make(MINE);
	hidden = await make(HIDDEN);
	for (const [text, tags] of [
		["release 7", ["deploy"]],
		["secret meeting", ["plan"]],
	] as const)
		await json("POST", "/v1/annotations", site.keys.edit, { text, tags });
	await json("POST", "/v1/segments", site.keys.admin, {
		name: "secret segment",
		filter: { dim: "path", op: "contains", values: ["secret"] },
	});
});
afterAll(() => nowcast?.stop());

describe("a shared link", () => {
	test("reads its own dashboard: the model, its panels, its annotations", async () => {
		const { token } = await link();
		const shared = await json<Shared>("GET", "/v1/shared", token);
		expect(shared.dashboard.panels.map(({ id }) => id)).toEqual(["sales", "words"]);
		const answer = await answered(token);
		expect(answer.title).toBe("Sales in DE");
		expect((await panel(token, {}, "words")).status).toBe(200);
		const { annotations } = await json<{ annotations: { text: string }[] }>("GET", "/v1/shared/annotations", token);
		expect(annotations.map(({ text }) => text)).toEqual(["release 7"]);
		for (const body of [shared, answer, annotations]) expect(JSON.stringify(body)).not.toMatch(/secret/);
	});

	test("is refused by every other route that there is", async () => {
		const { share, token } = await link({ choose_time: true, choose_variables: true });
		const { paths } = await json<{ paths: Record<string, Record<string, object>> }>("GET", "/v1/openapi.json", token);
		/** What a link may, and what anybody may, who holds nothing. */
		const open = new Set([
			"get /v1/shared",
			"get /v1/shared/annotations",
			"get /v1/health",
			"get /v1/dashboard.schema.json",
			"get /v1/openapi.json",
		]);
		const ofIts = new Set([
			"post /v1/dashboards/{uid}/panels/{panel}/query",
			"post /v1/dashboards/{uid}/variables/{name}",
		]);
		const values: Record<string, string[]> = {
			uid: [mine.uid, hidden.uid],
			panel: ["sales", "plan"],
			name: ["country"],
			version: ["1"],
			id: [share.id, site.id, other.id],
			dim: ["country"],
			visitor: ["0123456789abcdef"],
			user: ["usr_1"],
		};
		const fill = (path: string): string[] => {
			const [whole, name] = /\{(\w+)\}/.exec(path) ?? [];
			if (whole === undefined || name === undefined) return [path];
			return (values[name] ?? ["x"]).flatMap((value) => fill(path.replace(whole, value)));
		};
		const more = [
			["post", "/v1/sites/{id}/rollups"],
			["post", "/v1/sites/{id}/seal"],
			["get", "/v1/status"],
			["get", "/v1/dead"],
			["post", "/v1/session/demo"],
			["get", "/v1/events.gif?n=x"],
			["get", `/v1/query?metric=secret_event&site=${other.id}`],
			["get", `/v1/shared?site=${other.id}`],
		] as const;
		const all = [...Object.entries(paths).flatMap(([path, ops]) => Object.keys(ops).map((m) => [m, path])), ...more];
		let tried = 0;
		for (const [method = "", path = ""] of all) {
			if (open.has(`${method} ${path}`)) continue;
			for (const filled of fill(path)) {
				if (ofIts.has(`${method} ${path}`) && filled.includes(mine.uid) && !filled.includes("plan")) continue;
				const what = `${method} ${filled}`;
				const response = await call(method.toUpperCase(), filled, token, method === "get" ? undefined : {});
				const text = await response.text();
				// Some look at the request before they look at who sent it.
				const allowed = /session|invitations|live|demo/.test(path) ? [400, 401, 403, 404] : [401, 403, 404];
				if (filled !== "/v1/session/demo") expect(allowed, `${what}: ${text}`).toContain(response.status);
				expect(text, what).not.toMatch(/secret_|secret (plan|meeting|segment)|secret-page/);
				tried++;
			}
		}
		expect(tried).toBeGreaterThan(60);
	});

	test("changes nothing of its own dashboard either", async () => {
		const { token } = await link();
		for (const [method, path, body] of [
			["PUT", `/v1/dashboards/${mine.uid}`, { dashboard: MINE, version: mine.version }],
			["DELETE", `/v1/dashboards/${mine.uid}`, undefined],
			["POST", `/v1/dashboards/${mine.uid}/shares`, {}],
			["POST", "/v1/annotations", { text: "x" }],
			["POST", "/v1/tickets", undefined],
			["POST", "/v1/panels/query", { panel: HIDDEN.panels?.[0] }],
		] as const) {
			expect((await call(method, path, token, body)).status, path).toBe(403);
		}
		const now = await json<DashboardRecord>("GET", `/v1/dashboards/${mine.uid}`, site.keys.read);
		expect(now.version).toBe(mine.version);
	});

	test("does not see the panels of other dashboards, or panels that its own has not", async () => {
		const { token } = await link();
		for (const [uid, id] of [
			[hidden.uid, "plan"],
			[mine.uid, "plan"],
			[hidden.uid, "sales"],
			["nothing", "sales"],
		] as const)
			expect((await panel(token, {}, id, uid)).status, `${uid}/${id}`).toBe(404);
	});

	test("has the values of variables, and the range, that it was made with, unless it lets choose", async () => {
		const wish = { variables: { country: ["FR"] }, time: { from: "now-7d", to: "now-1d" } };
		const { token: locked } = await link({ choose_time: false });
		const [plain, wished] = [await answered(locked), await answered(locked, wish)];
		expect(wished.title).toBe("Sales in DE");
		expect(wished.to - wished.from).toBe(plain.to - plain.from);
		const { token: free } = await link({ choose_time: true, choose_variables: true });
		const chosen = await answered(free, wish);
		expect(chosen.title).toBe("Sales in FR");
		expect(chosen.to - chosen.from).toBeGreaterThan(5 * 86_400_000);
		// What is none of its options is no value, whoever chooses.
		expect((await panel(free, { variables: { country: ["US"] } })).status).toBe(422);
		// No plan, no statement, nothing of how it is read.
		expect(JSON.stringify(await answered(free, { explain: true }))).not.toContain('"explain"');
	});

	test("watches what its panels watch, and nothing else", async () => {
		const { token } = await link();
		const sub = (await answered(token)).results[0]?.live;
		if (!sub) throw new Error("the panel is not live");
		const own = await frames(token, subOf(sub));
		expect(own.map(({ t }) => t)).toEqual(["hello", "snapshot"]);
		for (const query of [
			"metric=secret_event",
			"metric=*&measure=active",
			"metric=*",
			subOf({ ...sub, metric: "secret_event" }),
			subOf({ ...sub, filters: [] }),
			subOf({ ...sub, measure: "uniques" }),
			subOf({ ...sub, groupBy: ["path"] }),
			`${subOf(sub)}&sub=${encodeURIComponent('{"measure":"count"}')}`,
			`${subOf({ ...sub, filters: [{ dim: "country", op: "in", values: ["FR"] }] })}&vars={"country":["FR"]}`,
		]) {
			const told = await frames(token, query);
			expect(told, query).toMatchObject([{ t: "error", problem: { status: 403 } }]);
		}
	});

	test("is dead when it is revoked, on open sockets too; one with another signature never lived", async () => {
		const { share, token } = await link();
		const { token: another } = await link();
		const signature = another.split(".")[1];
		for (const bad of [`sh_${share.id}.${signature}`, `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`]) {
			expect((await call("GET", "/v1/shared", bad)).status).toBe(401);
			expect(await frames(bad, "metric=purchase")).toMatchObject([{ t: "error", problem: { status: 401 } }]);
		}
		await json("DELETE", `/v1/shares/${share.id}`, site.keys.edit);
		expect((await call("GET", "/v1/shared", token)).status).toBe(401);
		expect((await panel(token)).status).toBe(401);
	});

	test("ends with its dashboard", async () => {
		const gone = await json<DashboardRecord>("POST", "/v1/dashboards", site.keys.edit, { dashboard: MINE });
		const { token } = await link({}, gone);
		await json("GET", "/v1/shared", token);
		await json("DELETE", `/v1/dashboards/${gone.uid}`, site.keys.edit);
		expect((await call("GET", "/v1/shared", token)).status).toBe(401);
		expect((await panel(token, {}, "sales", gone.uid)).status).toBeGreaterThanOrEqual(401);
	});
});

describe.skipIf(!browserAvailable())("in a browser", () => {
	let browser: Browser;
	/** Pages of two sites, as a browser tells them apart: by 127.0.0.1, and by localhost. */
	let wiki: Server;
	let port: number;

	beforeAll(async () => {
		browser = await launchBrowser();
		wiki = createServer((request, response) => {
			const src = new URL(request.url ?? "/", "http://wiki").searchParams.get("src") ?? "";
			response.setHeader("content-type", "text/html");
			response.end(`<!doctype html><title>wiki</title><iframe src="${src}"></iframe>`);
		});
		await new Promise<void>((resolve) => wiki.listen(0, "127.0.0.1", resolve));
		({ port } = wiki.address() as AddressInfo);
	});
	afterAll(async () => {
		await browser?.close();
		wiki?.close();
	});

	/** Did the frame get its page? A refused one has the browser's error page. */
	async function framed(page: Page, host: string, src: string): Promise<boolean> {
		await page.goto(`http://${host}:${port}/?src=${encodeURIComponent(`${nowcast.url}${src}`)}`);
		const frame = (): PageFrame | undefined => page.frames().find((each) => each !== page.mainFrame());
		return until("the frame", async () => {
			const url = frame()?.url() ?? "";
			if (url.startsWith("chrome-error:")) return "refused";
			return url.startsWith(nowcast.url) && (await frame()?.locator("#app").count()) === 1 && "shown";
		}).then((how) => how === "shown");
	}

	test("an embedded dashboard is in frames of its own site's pages only", async () => {
		const allow = async (at: Site, origin: string) => {
			const { site: before } = await json<{ site: { version: number } }>("GET", `/v1/sites/${at.id}`, at.keys.admin);
			await json("PATCH", `/v1/sites/${at.id}`, at.keys.admin, { version: before.version, embed_origins: [origin] });
		};
		await allow(site, `http://127.0.0.1:${port}`);
		await allow(other, `http://localhost:${port}`);
		const theirs = await json<DashboardRecord>("POST", "/v1/dashboards", other.keys.edit, {
			dashboard: { title: "Theirs" },
		});
		const [ours, plain, foreign] = [
			(await link({ embed: true })).share,
			(await link()).share,
			(await link({ embed: true }, theirs, other)).share,
		];
		const page = await (await browser.newContext()).newPage();
		expect(await framed(page, "127.0.0.1", ours.embed_link ?? "")).toBe(true);
		expect(await framed(page, "localhost", ours.embed_link ?? "")).toBe(false);
		expect(await framed(page, "localhost", foreign.embed_link ?? "")).toBe(true);
		expect(await framed(page, "127.0.0.1", foreign.embed_link ?? "")).toBe(false);
		for (const path of [`/embed/${plain.id}`, ours.link ?? "", "/", "/dashboards"])
			expect(await framed(page, "127.0.0.1", path), path).toBe(false);
		await json("DELETE", `/v1/shares/${ours.id}`, site.keys.edit);
		expect(await framed(page, "127.0.0.1", ours.embed_link ?? "")).toBe(false);
	});

	test("no page does what its policy forbids: shop, login, Overview, dashboards, a shared link", async () => {
		const page = await (await browser.newContext()).newPage();
		const violations: string[] = [];
		page.on("console", (message) => {
			if (/content security policy|permissions-policy/i.test(message.text())) violations.push(message.text());
		});
		const { share } = await link();
		const visit = async (path: string, shows: string) => {
			const response = await page.goto(`${nowcast.url}${path}`, { waitUntil: "networkidle" });
			expect(response?.headers()["content-security-policy"], path).toContain("script-src 'self'");
			await page.getByText(shows).first().waitFor();
		};
		for (const path of ["/shop/", "/shop/cart/"]) await visit(path, "Open the dashboard");
		await visit("/", "Sign in");
		await page.evaluate(() => sessionStorage.setItem("nowcast.key", "ak_demo"));
		for (const path of ["/", "/?page=live", "/dashboards", "/settings/keys"]) await visit(path, "Demo shop");
		await visit(share.link ?? "", "Shop");
		expect(violations).toEqual([]);
		// The policy is there: a script that is put into the page does not run.
		const ran = await page.evaluate(() => {
			const script = document.createElement("script");
			script.textContent = "window.ran = true";
			document.head.append(script);
			return "ran" in window;
		});
		expect(ran).toBe(false);
		expect(violations.length).toBeGreaterThan(0);
	});
});
