import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AuditEntry, Invitation, Member, Role, Session } from "../../schema/people.ts";
import type { Share } from "../../schema/share.ts";
import { INVITATION_MS } from "../people/invite.ts";
import { hashPassword } from "../people/password.ts";
import { forgetPeople } from "../people/person.ts";
import {
	answered,
	type Browser,
	browser,
	browserOf,
	newOrg,
	newUser,
	outcome,
	QUICK,
	type Sent,
	send,
	siteIn,
} from "../people/test-people.ts";
import { insertInvitation } from "../store/invitations.ts";
import { userByEmail } from "../store/users.ts";
import { sha256Hex } from "./secrets.ts";
import { call, ROOT } from "./test-api.ts";

const SLOW_MS = 30_000;
const PASSWORD = "correct horse battery";
const root = { authorization: `Bearer ${ROOT}` };

beforeEach(forgetPeople);

const tokenOf = ({ link = "" }: Invitation) => link.slice("/invite#".length);
const acceptance = (invitation: Invitation, password = PASSWORD, name = "New Member"): Sent => ({
	method: "POST",
	path: "/v1/invitations/accept",
	body: { token: tokenOf(invitation), name, password },
	headers: { "cf-connecting-ip": invitation.id },
});
const inviteTo = (org: string, email: string, role: Role = "editor", as?: Browser) =>
	answered<Invitation>(201, {
		method: "POST",
		path: `/v1/invitations?org=${org}`,
		body: { email, role },
		...(as ? { as } : { headers: root }),
	});
const resetOf = (org: string, user: string, as?: Browser): Sent => ({
	method: "POST",
	path: `/v1/members/${user}/reset?org=${org}`,
	...(as ? { as } : { headers: root }),
});

describe("invitations", () => {
	it(
		"make a member of whoever follows the link, once, and sign in",
		async () => {
			const org = await newOrg();
			const admin = await browser({ [org]: "admin" });
			const invitation = await inviteTo(org, "New@Example.com", "editor", admin);
			expect(invitation).toMatchObject({ email: "new@example.com", role: "editor" });
			expect(invitation.link).toMatch(/^\/invite#invite_\w{32}$/);
			const response = await send(acceptance(invitation));
			expect(response.status).toBe(200);
			const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
			const session = (await response.json()) as Session;
			expect(session).toMatchObject({ user: { name: "New Member" }, organisations: [{ id: org, role: "editor" }] });
			expect(await outcome({ path: "/v1/session", as: { cookie, csrf: "" } })).toMatchObject({ status: 200 });
			expect(await outcome(acceptance(invitation))).toMatchObject({ status: 404, code: "invitation" });
			const { members } = await answered<{ members: Member[] }>(200, { path: `/v1/members?org=${org}`, as: admin });
			expect(members.map(({ user, role }) => [user.email, role])).toContainEqual(["new@example.com", "editor"]);
		},
		SLOW_MS,
	);

	it("are listed without their links while they are open, and can be taken back", async () => {
		const org = await newOrg();
		const admin = await browser({ [org]: "admin" });
		const invitation = await inviteTo(org, "open@example.com", "viewer", admin);
		const list = () => answered<{ invitations: Invitation[] }>(200, { path: "/v1/invitations", as: admin });
		const { link, ...listed } = invitation;
		expect((await list()).invitations).toEqual([listed]);
		const rows = await env.DB.prepare("SELECT * FROM invitations").all();
		expect(JSON.stringify(rows.results)).not.toContain(link?.slice(8));
		await answered(200, { method: "DELETE", path: `/v1/invitations/${invitation.id}`, as: admin });
		expect((await list()).invitations).toEqual([]);
		expect(await outcome(acceptance(invitation))).toMatchObject({ status: 404, code: "invitation" });
	});

	it("of before, whose secret began as their id does, are good as well", async () => {
		const [org, token] = [await newOrg(), `inv_${"a".repeat(32)}`];
		const row = {
			id: "inv_before",
			hash: await sha256Hex(token),
			org,
			email: "before@example.com",
			role: "viewer",
		} as const;
		await insertInvitation(env, { ...row, createdAt: Date.now(), expiresAt: Date.now() + 60_000 });
		const old = { ...(await inviteTo(org, "other@example.com")), link: `/invite#${token}` };
		expect(await outcome(acceptance(old))).toMatchObject({ status: 200 });
	});

	it("are good for 7 days, and the newest to an email alone", async () => {
		const org = await newOrg();
		const [first, second] = [await inviteTo(org, "late@example.com"), await inviteTo(org, "late@example.com")];
		expect(await outcome(acceptance(first))).toMatchObject({ status: 404 });
		vi.spyOn(Date, "now").mockReturnValue(Date.now() + INVITATION_MS);
		expect(await outcome(acceptance(second))).toMatchObject({ status: 404 });
		vi.restoreAllMocks();
	});

	it("need a password of ten characters, and a link that was not made up", async () => {
		const invitation = await inviteTo(await newOrg(), "short@example.com");
		expect(await outcome(acceptance(invitation, "too short"))).toMatchObject({ status: 400 });
		expect(await outcome(acceptance({ ...invitation, link: "/invite#inv_made_up" }))).toMatchObject({ status: 404 });
	});

	it("are not for members, who have a role that can be changed", async () => {
		const org = await newOrg();
		const user = await newUser({ [org]: "viewer" });
		const body = { email: user.email, role: "admin" };
		const sent = { method: "POST", path: `/v1/invitations?org=${org}`, headers: root, body };
		expect(await outcome(sent)).toMatchObject({ status: 409, code: "member" });
	});

	it(
		"to an account of another organisation are accepted by its own password: a link is no way into it",
		async () => {
			const [home, mine] = [await newOrg(), await newOrg()];
			const user = await newUser({ [home]: "admin" }, await hashPassword(PASSWORD, QUICK));
			const invitation = await inviteTo(mine, user.email, "viewer");
			const stolen = await outcome(acceptance(invitation, "an attacker's password"));
			expect(stolen).toMatchObject({ status: 403, code: "has_account" });
			const session = await answered<Session>(200, acceptance(invitation));
			expect(session.user.name).toBe(user.name);
			expect(session.organisations.map(({ id }) => id).toSorted()).toEqual([home, mine].toSorted());
		},
		SLOW_MS,
	);
});

describe("resetting a member's password", () => {
	it(
		"is a link that sets a new one, and ends the member's sessions",
		async () => {
			const org = await newOrg();
			const admin = await browser({ [org]: "admin" });
			const user = await newUser({ [org]: "viewer" }, await hashPassword(PASSWORD, QUICK));
			const before = await browserOf(user);
			const invitation = await answered<Invitation>(201, resetOf(org, user.id, admin));
			expect(invitation).toMatchObject({ email: user.email, role: "viewer" });
			const { invitations } = await answered<{ invitations: unknown[] }>(200, { path: "/v1/invitations", as: admin });
			expect(invitations).toEqual([]);
			const session = await answered<Session>(200, acceptance(invitation, "another password", "Renamed"));
			expect(session).toMatchObject({ user: { id: user.id, name: "Renamed" }, organisations: [{ role: "viewer" }] });
			expect(await outcome({ path: "/v1/session", as: before })).toMatchObject({ status: 401 });
			expect(await outcome(acceptance(invitation))).toMatchObject({ status: 404 });
		},
		SLOW_MS,
	);

	it("is for those who administer all organisations of the member: it opens all of them", async () => {
		const [mine, theirs] = [await newOrg(), await newOrg()];
		const admin = await browser({ [mine]: "admin" });
		const user = await newUser({ [mine]: "viewer", [theirs]: "admin" });
		expect(await outcome(resetOf(mine, user.id, admin))).toMatchObject({ status: 403, code: "reset" });
		expect(await outcome(resetOf(mine, user.id))).toMatchObject({ status: 201 });
		const both = await browser({ [mine]: "admin", [theirs]: "admin" });
		expect(await outcome(resetOf(mine, user.id, both))).toMatchObject({ status: 201 });
	});

	it("is worth nothing once the member joined another organisation, or left", async () => {
		const org = await newOrg();
		const user = await newUser({ [org]: "viewer" });
		const invitation = await answered<Invitation>(201, resetOf(org, user.id));
		await env.DB.prepare("INSERT INTO members VALUES (?, ?, 'admin', ?)")
			.bind(await newOrg(), user.id, Date.now() + 1000)
			.run();
		expect(await outcome(acceptance(invitation))).toMatchObject({ status: 404 });
	});
});

describe("members", () => {
	const member = (org: string, user: string, method: string, body?: unknown): Sent => ({
		method,
		path: `/v1/members/${user}?org=${org}`,
		headers: root,
		...(body !== undefined && { body }),
	});

	it("get another role, which holds at once", async () => {
		const org = await newOrg();
		await siteIn(org);
		const admin = await browser({ [org]: "admin" });
		const viewer = await browser({ [org]: "viewer" });
		expect(await outcome({ path: "/v1/members", as: viewer })).toMatchObject({ status: 403 });
		const path = `/v1/members/${viewer.user.id}`;
		expect(await answered<Member>(200, { method: "PATCH", path, as: admin, body: { role: "admin" } })).toMatchObject({
			role: "admin",
			user: { id: viewer.user.id },
		});
		expect(await outcome({ path: "/v1/members", as: viewer })).toMatchObject({ status: 200 });
	});

	it("who are removed are signed out, and forgotten where no other organisation has them", async () => {
		const [org, other] = [await newOrg(), await newOrg()];
		const admin = await browser({ [org]: "admin" });
		const [here, both] = [await browser({ [org]: "editor" }), await browser({ [org]: "editor", [other]: "viewer" })];
		for (const { user } of [here, both]) {
			await answered(200, { method: "DELETE", path: `/v1/members/${user.id}`, as: admin });
			expect(await outcome({ method: "DELETE", path: `/v1/members/${user.id}`, as: admin })).toMatchObject({
				status: 404,
			});
		}
		expect(await outcome({ path: "/v1/session", as: here })).toMatchObject({ status: 401 });
		expect(await userByEmail(env, here.user.email)).toBeUndefined();
		expect(await userByEmail(env, both.user.email)).toBeDefined();
	});

	it("the last admin of an organisation is neither removed nor demoted", async () => {
		const org = await newOrg();
		const [one, two] = [await newUser({ [org]: "admin" }), await newUser({ [org]: "admin" })];
		await newUser({ [org]: "editor" });
		await answered(200, member(org, one.id, "PATCH", { role: "viewer" }));
		expect(await outcome(member(org, two.id, "PATCH", { role: "editor" }))).toMatchObject({
			status: 409,
			code: "last_admin",
		});
		expect(await outcome(member(org, two.id, "DELETE"))).toMatchObject({ status: 409, code: "last_admin" });
		expect(await outcome(member(org, two.id, "PATCH", { role: "admin" }))).toMatchObject({ status: 200 });
		await answered(200, member(org, one.id, "DELETE"));
	});

	it("two admins who remove each other at once: one stays", async () => {
		const org = await newOrg();
		const [one, two] = [await newUser({ [org]: "admin" }), await newUser({ [org]: "admin" })];
		const both = await Promise.all([outcome(member(org, one.id, "DELETE")), outcome(member(org, two.id, "DELETE"))]);
		expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
	});

	it("I7: of other organisations are not there", async () => {
		const [mine, theirs] = [await newOrg(), await newOrg()];
		const admin = await browser({ [mine]: "admin" });
		const user = await newUser({ [theirs]: "viewer" });
		const path = `/v1/members/${user.id}`;
		for (const [method, body] of [["PATCH", { role: "admin" }], ["DELETE"]] as const) {
			expect(await outcome({ method, path, as: admin, body })).toMatchObject({ status: 404, code: "no_member" });
		}
		expect(await outcome({ path: `/v1/members?org=${theirs}`, as: admin })).toMatchObject({
			status: 404,
			code: "no_organisation",
		});
	});

	it("are not managed by a site's key, be it an admin's", async () => {
		const { keys } = await siteIn(await newOrg());
		const headers = { authorization: `Bearer ${keys.admin}` };
		for (const path of ["/v1/members", "/v1/invitations", "/v1/organisations", "/v1/audit"]) {
			expect(await outcome({ path, headers })).toMatchObject({ status: 403, code: "people" });
		}
	});
});

describe("organisations", () => {
	interface Organisation {
		id: string;
		name: string;
	}
	it("are made by root, renamed by their admins, and seen by their members", async () => {
		const made = await answered<Organisation>(201, {
			method: "POST",
			path: "/v1/organisations",
			headers: root,
			body: { name: "Acme" },
		});
		const [admin, viewer] = [await browser({ [made.id]: "admin" }), await browser({ [made.id]: "viewer" })];
		const path = `/v1/organisations/${made.id}`;
		expect(await outcome({ method: "PATCH", path, as: viewer, body: { name: "x" } })).toMatchObject({ status: 403 });
		await answered(200, { method: "PATCH", path, as: admin, body: { name: "Acme Ltd" } });
		await siteIn(made.id);
		forgetPeople();
		const { organisations } = await answered<{ organisations: Organisation[] }>(200, {
			path: "/v1/organisations",
			as: viewer,
		});
		expect(organisations).toEqual([{ id: made.id, name: "Acme Ltd", role: "viewer" }]);
		expect(await outcome({ method: "POST", path: "/v1/organisations", as: admin, body: { name: "x" } })).toMatchObject({
			status: 403,
		});
		expect(
			await outcome({ method: "PATCH", path: "/v1/organisations/org_default", as: admin, body: { name: "x" } }),
		).toMatchObject({ status: 404 });
	});

	it("get sites from their admins, who see them at once", async () => {
		const [org, other] = [await newOrg(), await newOrg()];
		const as = await browser({ [org]: "admin", [other]: "viewer" });
		const site = (body: Record<string, unknown>, by = as) => ({
			method: "POST",
			path: `/v1/sites?org=${org}`,
			as: by,
			body,
		});
		const { site: made } = await answered<{ site: { id: string; org: string } }>(201, site({ name: "shop" }));
		expect(made.org).toBe(org);
		expect(await outcome({ path: `/v1/site?site=${made.id}`, as })).toMatchObject({ status: 200 });
		expect(await outcome(site({ name: "x", org: other }))).toMatchObject({ status: 403 });
		expect(await outcome(site({ name: "x", org: "org_default" }))).toMatchObject({ status: 404 });
		expect(await outcome(site({ name: "x" }, await browser({ [org]: "editor" })))).toMatchObject({ status: 403 });
		const rootly = { method: "POST", path: "/v1/sites", headers: root, body: { name: "x", org: "org_nowhere" } };
		expect(await outcome(rootly)).toMatchObject({ status: 404, code: "no_organisation" });
	});
});

describe("roles", () => {
	/** What each role is answered; "-" is nobody. */
	const MATRIX: [method: string, path: string, body: unknown, statuses: Record<Role | "-", number>][] = [
		["GET", "/v1/site", undefined, { "-": 401, viewer: 200, editor: 200, admin: 200 }],
		["GET", "/v1/segments", undefined, { "-": 401, viewer: 200, editor: 200, admin: 200 }],
		["POST", "/v1/tickets", undefined, { "-": 401, viewer: 201, editor: 201, admin: 201 }],
		[
			"POST",
			"/v1/segments",
			{ name: "s", filter: { dim: "country", op: "in", values: ["DE"] } },
			{ "-": 401, viewer: 403, editor: 201, admin: 201 },
		],
		["DELETE", "/v1/funnels/none", undefined, { "-": 401, viewer: 403, editor: 404, admin: 404 }],
		["GET", "/v1/dashboards", undefined, { "-": 401, viewer: 200, editor: 200, admin: 200 }],
		["POST", "/v1/dashboards", {}, { "-": 401, viewer: 403, editor: 400, admin: 400 }],
		["DELETE", "/v1/annotations/none", undefined, { "-": 401, viewer: 403, editor: 404, admin: 404 }],
		["GET", "/v1/shared", undefined, { "-": 401, viewer: 403, editor: 403, admin: 403 }],
		["GET", "/v1/sites", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["GET", "/v1/sites/:site", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["PATCH", "/v1/sites/:site", { version: 99 }, { "-": 401, viewer: 403, editor: 403, admin: 409 }],
		["GET", "/v1/keys", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["POST", "/v1/keys", { scope: "read" }, { "-": 401, viewer: 403, editor: 403, admin: 201 }],
		["POST", "/v1/keys", { scope: "admin", root: true }, { "-": 401, viewer: 403, editor: 403, admin: 403 }],
		["GET", "/v1/jobs", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["GET", "/v1/dead", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["GET", "/v1/members", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["GET", "/v1/invitations", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["GET", "/v1/audit", undefined, { "-": 401, viewer: 403, editor: 403, admin: 200 }],
		["GET", "/v1/organisations", undefined, { "-": 401, viewer: 200, editor: 200, admin: 200 }],
		["POST", "/v1/organisations", { name: "x" }, { "-": 401, viewer: 403, editor: 403, admin: 403 }],
	];

	it(
		"may each what those before it may, and what the table says",
		async () => {
			const org = await newOrg();
			const { site } = await siteIn(org);
			const as: Record<Role | "-", Browser | undefined> = {
				"-": undefined,
				viewer: await browser({ [org]: "viewer" }),
				editor: await browser({ [org]: "editor" }),
				admin: await browser({ [org]: "admin" }),
			};
			for (const [method, path, body, statuses] of MATRIX) {
				const got: Record<string, number> = {};
				for (const role of ["-", "viewer", "editor", "admin"] as const) {
					const sent = { method, path: path.replace(":site", site.id), as: as[role], body };
					got[role] = (await outcome(sent)).status;
				}
				expect({ method, path, ...got }).toEqual({ method, path, ...statuses });
			}
		},
		SLOW_MS,
	);

	it("are what a refusal speaks of to people; to keys it is their scope, to links what they show", async () => {
		const org = await newOrg();
		const { keys, site } = await siteIn(org);
		const [viewer, editor] = [await browser({ [org]: "viewer" }), await browser({ [org]: "editor" })];
		const title = async (sent: Sent) => ((await (await send(sent)).json()) as { title: string }).title;
		const segments = (more: Partial<Sent>): Sent => ({ method: "POST", path: "/v1/segments", body: {}, ...more });
		const by = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
		const said = async (sent: Sent) => (await outcome(sent)).detail;
		expect(await said(segments({ as: viewer }))).toBe(
			"Only editors and admins may do this, and you are a viewer here: ask an admin for another role.",
		);
		expect(await said({ path: `/v1/keys?site=${site.id}`, as: editor })).toBe(
			"Only admins may do this, and you are an editor here: ask an admin for another role.",
		);
		expect(await said(segments(by(keys.read)))).toBe(
			"This needs a key of scope edit or admin; the scope of this key is read.",
		);
		expect(await said({ path: "/v1/shared", as: editor })).toContain("shared links only");
		const board = { dashboard: { title: "Checkout" } };
		const { uid } = await call<{ uid: string }>(201, "POST", "/v1/dashboards", keys.edit, board);
		const { id, link = "" } = await call<Share>(201, "POST", `/v1/dashboards/${uid}/shares`, keys.edit, {});
		const token = `sh_${id}.${link.split("#")[1]}`;
		expect(await said(segments(by(token)))).toBe(
			"A shared link shows its dashboard and nothing else: sign in for more.",
		);
		expect(await title(segments({ as: viewer }))).toBe("Not allowed");
		expect(await title(segments({}))).toBe("Not authenticated");
		expect(await said(segments({}))).toBe("Sign in, or send a key: Authorization: Bearer <key>.");
		expect(await said({ path: "/v1/site", as: { cookie: viewer.cookie.replace(/.$/, ""), csrf: "" } })).toContain(
			"sign in again",
		);
	});

	it("hold in their organisation: an admin here is a viewer there", async () => {
		const [here, there] = [await newOrg(), await newOrg()];
		const [mine, theirs] = [await siteIn(here, "z"), await siteIn(there, "a")];
		const as = await browser({ [here]: "admin", [there]: "viewer" });
		expect(await outcome({ path: `/v1/keys?site=${mine.site.id}`, as })).toMatchObject({ status: 200 });
		expect(await outcome({ path: `/v1/keys?site=${theirs.site.id}`, as })).toMatchObject({
			status: 403,
			code: "scope",
		});
		expect(await outcome({ path: `/v1/sites/${mine.site.id}`, as })).toMatchObject({ status: 200 });
		expect(await outcome({ path: `/v1/sites/${theirs.site.id}`, as })).toMatchObject({ status: 403 });
		const { sites } = await answered<{ sites: { id: string }[] }>(200, { path: `/v1/sites?site=${mine.site.id}`, as });
		expect(sites.map(({ id }) => id)).toEqual([mine.site.id]);
	});
});

describe("the log", () => {
	const log = async (as: Browser, query = "") =>
		answered<{ entries: AuditEntry[]; next: string | null }>(200, { path: `/v1/audit${query}`, as });

	it("has every change: who, what, to what, at which site; and no secrets", async () => {
		const org = await newOrg();
		const { site } = await siteIn(org);
		const as = await browser({ [org]: "admin" });
		const key = await answered<{ id: string; key: string }>(201, {
			method: "POST",
			path: "/v1/keys",
			as,
			body: { scope: "edit", name: "ci" },
		});
		const invitation = await inviteTo(org, "logged@example.com", "viewer", as);
		await outcome({ method: "POST", path: "/v1/keys", as, body: { scope: "nonsense" } });
		await answered(201, { method: "POST", path: "/v1/tickets", as });
		await answered(200, { method: "DELETE", path: `/v1/keys/${key.id}`, as });
		const { entries } = await log(as);
		const mine = entries.filter(({ actor }) => actor.id === as.user.id);
		expect(mine.map(({ action, target, site, detail }) => ({ action, target, site, detail }))).toEqual([
			{ action: "keys.delete", target: key.id, site: site.id, detail: "ci, edit" },
			{ action: "invitations.create", target: invitation.id, site: null, detail: "logged@example.com: viewer" },
			{ action: "keys.create", target: key.id, site: site.id, detail: "ci, edit" },
		]);
		expect(mine[0]?.actor).toEqual({ kind: "user", id: as.user.id, name: as.user.name });
		expect(entries.at(-1)).toMatchObject({ action: "sites.create", target: site.id, actor: { id: "root" } });
		for (const secret of [key.key, tokenOf(invitation)]) expect(JSON.stringify(entries)).not.toContain(secret);
	});

	it("is read in pages, newest first, by admins of the organisation", async () => {
		const [org, other] = [await newOrg(), await newOrg()];
		const as = await browser({ [org]: "admin" });
		for (let i = 0; i < 5; i++)
			await answered(200, { method: "PATCH", path: `/v1/organisations/${org}`, as, body: { name: `n${i}` } });
		const seen: string[] = [];
		let before: string | null = null;
		do {
			const page: { entries: AuditEntry[]; next: string | null } = await log(
				as,
				`?limit=2${before === null ? "" : `&before=${before}`}`,
			);
			seen.push(...page.entries.map(({ detail }) => detail));
			before = page.next;
		} while (before !== null);
		expect(seen.toSorted()).toEqual(["n0", "n1", "n2", "n3", "n4"]);
		expect(await outcome({ path: "/v1/audit?before=x", as })).toMatchObject({ status: 400 });
		expect(await outcome({ path: `/v1/audit?org=${other}`, as })).toMatchObject({ status: 404 });
	});
});
