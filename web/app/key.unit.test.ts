import { afterEach, expect, test } from "vitest";
import type { Session } from "../../schema/people.ts";
import {
	chooseSite,
	credential,
	enterSession,
	identity,
	isKeptByDefault,
	isLocal,
	key,
	keyProblem,
	knowSites,
	liveQuery,
	may,
	openShare,
	protocols,
	shareToken,
	signIn,
	signOut,
	siteInLinks,
	sites,
	unseen,
	writeKeyProblem,
} from "./key.ts";

const SESSION: Session = {
	user: { id: "usr_1", email: "ada@example.com", name: "Ada" },
	csrf: "word",
	expires_at: 0,
	via: "password",
	organisations: [{ id: "org_1", name: "Shops", role: "viewer" }],
	sites: [
		{ id: "s_1", name: "One", org: "org_1", role: "viewer" },
		{ id: "s_2", name: "Two", org: "org_1", role: "editor" },
	],
};

afterEach(signOut);

test("a key may what its prefix says, and travels as a socket's second subprotocol", () => {
	const rights = () => (["read", "edit", "admin"] as const).filter(may);
	expect(rights()).toEqual([]);
	for (const [value, expected] of [
		["rk_x", ["read"]],
		["ek_x", ["read", "edit"]],
		["ak_x", ["read", "edit", "admin"]],
	] as const) {
		signIn(value, false);
		expect(rights()).toEqual(expected);
		expect([protocols(), liveQuery()]).toEqual([["nowcast.v1", value], ""]);
	}
});

test("a session may what its role on the chosen site says; its cookie travels by itself, its site in the query", () => {
	enterSession(SESSION);
	expect([key.value, may("read"), may("edit"), identity.value]).toEqual([null, true, false, "usr_1@s_1"]);
	expect([protocols(), liveQuery()]).toEqual([["nowcast.v1"], "site=s_1"]);
	chooseSite("s_2");
	expect([may("edit"), may("admin"), liveQuery()]).toEqual([true, false, "site=s_2"]);
});

test("what the server says anew leaves the site chosen, unless it is gone or the address names another", () => {
	enterSession(SESSION, "s_2");
	enterSession({ ...SESSION, csrf: "another" });
	expect(credential.value).toMatchObject({ kind: "session", site: "s_2", session: { csrf: "another" } });
	enterSession({ ...SESSION, sites: SESSION.sites.slice(0, 1) });
	expect(credential.value).toMatchObject({ site: "s_1" });
	enterSession(SESSION, "s_9");
	expect(credential.value).toMatchObject({ site: "s_1" });
});

test("links name the site where there are several; one's own site where there is no choice", () => {
	expect(siteInLinks.value).toBeNull();
	enterSession(SESSION, "s_2");
	expect(siteInLinks.value).toBe("s_2");
	chooseSite("s_1");
	expect(siteInLinks.value).toBe("s_1");
	chooseSite("s_9");
	expect(siteInLinks.value).toBe("s_1");
	enterSession({ ...SESSION, sites: SESSION.sites.slice(0, 1) });
	expect(siteInLinks.value).toBeNull();
});

test("a link of a site that is not one's own is not followed to another, until one chooses that", () => {
	enterSession(SESSION, "s_9");
	expect([unseen.value, siteInLinks.value]).toEqual(["s_9", null]);
	enterSession({ ...SESSION, csrf: "another" });
	expect(unseen.value).toBe("s_9");
	chooseSite("s_1");
	expect([unseen.value, siteInLinks.value]).toEqual([null, "s_1"]);
});

test("a root key chooses among all sites, as a person does", () => {
	const all = SESSION.sites;
	signIn("ak_root", false);
	expect([sites.value, liveQuery(), siteInLinks.value]).toEqual([[], "", null]);
	knowSites(all, null, null);
	expect([sites.value, liveQuery(), identity.value]).toEqual([all, "site=s_1", "ak_root@s_1"]);
	chooseSite("s_2");
	expect([may("admin"), liveQuery(), siteInLinks.value]).toEqual([true, "site=s_2", "s_2"]);
	signIn("ak_root", false);
	knowSites(all, null, "s_2");
	expect(credential.value).toMatchObject({ site: "s_2" });
	knowSites(all, "s_9", null);
	expect(unseen.value).toBe("s_9");
});

test("a shared link may nothing but what it shows", () => {
	openShare(shareToken("shr_1", "sig"));
	expect([may("read"), key.value, protocols()]).toEqual([false, null, ["nowcast.v1", "sh_shr_1.sig"]]);
});

test("only keys that may read are offered to the server", () => {
	expect(keyProblem("rk_demo")).toBeNull();
	expect(keyProblem("ek_4f-2_x")).toBeNull();
	expect(keyProblem("ak_4f-2_x")).toBeNull();
	for (const bad of ["", "pk_demo", "sk_demo", "hello", "rk_", "rk_a b"]) expect(keyProblem(bad)).not.toBeNull();
});

test("only write keys go into a script tag", () => {
	expect(writeKeyProblem("pk_4f-2_x")).toBeNull();
	for (const bad of ["", "pk_", "pk_…", "pk_a b", "hello", "pk_demo"]) expect(writeKeyProblem(bad)).not.toBeNull();
	for (const secret of ["sk_x", "rk_x", "ek_x", "ak_x"])
		expect(writeKeyProblem(secret)).toContain("everybody can read");
});

test("an admin key does not stay in the browser unless asked to", () => {
	expect(["", "rk_x", "ak_x", "ak_"].map(isKeptByDefault)).toEqual([true, true, false, false]);
});

test("the demo is offered on this machine only", () => {
	for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "app.localhost"])
		expect(isLocal(host)).toBe(true);
	for (const host of ["example.com", "127.0.0.1.example.com", "10.0.0.1", "notlocalhost"])
		expect(isLocal(host)).toBe(false);
});
