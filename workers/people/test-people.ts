/** Test support: organisations, people in them who are signed in, and requests as their browsers send them. */
import { env } from "cloudflare:test";
import { CSRF_HEADER, type Role } from "../../schema/people.ts";
import { randomId } from "../api/secrets.ts";
import { app, call, type Made, ROOT } from "../api/test-api.ts";
import { insertMember } from "../store/members.ts";
import { insertOrganisation } from "../store/organisations.ts";
import { insertUser, type UserRow, userById } from "../store/users.ts";
import { csrfToken } from "./csrf.ts";
import { forgetPeople } from "./person.ts";
import { beginSession } from "./sign-in.ts";

export const HOST = "http://localhost";

export interface Browser {
	user: UserRow;
	/** `name=value`. */
	cookie: string;
	csrf: string;
}

export async function newOrg(name = "an organisation"): Promise<string> {
	const id = randomId("org_");
	await insertOrganisation(env, { id, name, createdAt: 1 });
	return id;
}

export const siteIn = (org: string, name = "a site"): Promise<Made> =>
	call<Made>(201, "POST", "/v1/sites", ROOT, { name, org });

/** A user with these roles, by organisation. */
export async function newUser(roles: Record<string, Role>, password: string | null = null): Promise<UserRow> {
	const id = randomId("usr_");
	await insertUser(env, { id, email: `${id}@example.com`, name: `Name of ${id}`, password, createdAt: 1 });
	for (const [org, role] of Object.entries(roles)) await insertMember(env, { org, user: id, role, createdAt: 1 });
	const user = await userById(env, id);
	if (!user) throw new Error("no user");
	return user;
}

/** Of the shape of real ones, and a thousandth of the work. */
export const QUICK = { N: 16, r: 8, p: 1 };

/** A browser in which the user has signed in. */
export async function browserOf(user: UserRow, now = Date.now()): Promise<Browser> {
	const { person, cookie } = await beginSession(env, new Request(HOST), user, false, now);
	return { user, cookie: cookie.split(";")[0] ?? "", csrf: await csrfToken(env, person.session) };
}

/** A browser of a new user with these roles. What this isolate knew before is forgotten. */
export async function browser(roles: Record<string, Role>): Promise<Browser> {
	const made = await browserOf(await newUser(roles));
	forgetPeople();
	return made;
}

export interface Sent {
	method?: string;
	path: string;
	as?: Pick<Browser, "cookie" | "csrf"> | undefined;
	body?: unknown;
	headers?: Record<string, string>;
	base?: string;
	/** Bindings; default: the test's. */
	bindings?: typeof env;
}

/** Sends it as our own page would. */
export async function send({ method = "GET", path, as, body, headers = {}, base = HOST, bindings = env }: Sent) {
	const own = { ...(as && { cookie: as.cookie }), ...(as && method !== "GET" && { [CSRF_HEADER]: as.csrf }) };
	const init = { method, headers: { ...own, ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) };
	return app.request(new Request(`${base}${path}`, init), undefined, bindings);
}

export interface Refusal {
	status: number;
	code: string;
	detail: string;
}

/** The status of the answer, and of a problem its code. */
export async function outcome(sent: Sent): Promise<Refusal> {
	const response = await send(sent);
	const body = (await response.json()) as { type?: string; detail?: string };
	return { status: response.status, code: body.type?.split(":").at(-1) ?? "", detail: body.detail ?? "" };
}

/** The JSON of an answer that must have this status. */
export async function answered<T>(status: number, sent: Sent): Promise<T> {
	const response = await send(sent);
	const text = await response.text();
	if (response.status !== status) throw new Error(`${sent.method} ${sent.path}: ${response.status} ${text}`);
	return JSON.parse(text) as T;
}
