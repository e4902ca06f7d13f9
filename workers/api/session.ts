/** Sign in, sign out, the account: sessions of people in signed cookies. */
import { type Context, Hono } from "hono";
import type { Author } from "../../schema/dashboard.ts";
import { AccountChange, PasswordChange, SignIn } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";
import { endedCookie } from "../people/cookie.ts";
import { assertSameOrigin } from "../people/csrf.ts";
import { beginAttempt } from "../people/login-limit.ts";
import { hashPassword, verifyPassword } from "../people/password.ts";
import { forgetPeople, type Person } from "../people/person.ts";
import { beginSession, sessionOf } from "../people/sign-in.ts";
import { membershipsOf } from "../store/members.ts";
import { deleteSession, deleteSessionsOf } from "../store/sessions.ts";
import { type UserRow, updateUser, userByEmail, userById } from "../store/users.ts";
import { type ApiEnv, personHere } from "./auth.ts";
import { available, DEMO_USER, ensureDemoSite, ensureDemoUser } from "./tenant.ts";
import { readBody } from "./validate.ts";

/** The same words for an email that nobody has. */
const wrong = () => new Problem(401, "login", "This email and password do not belong together.");

const wrongCurrent = () => new Problem(403, "password", "That is not your current password.");

const authorOf = ({ id, name }: { id: string; name: string }): Author => ({ kind: "user", id, name });

/** Begins a session for a user whose identity is proven, sets its cookie, and answers the session. */
export async function signedIn(c: Context<ApiEnv>, user: UserRow, remember: boolean) {
	const { person, cookie } = await beginSession(c.env, c.req.raw, user, remember, Date.now());
	c.header("set-cookie", cookie);
	c.set("audit", noteOf(person, c.get("audit")));
	return answer(c, person);
}

async function answer(c: Context<ApiEnv>, person: Person) {
	c.header("cache-control", "no-store");
	return c.json(await sessionOf(c.env, person));
}

/** What a person does to its account is in the log of every organisation that has it. */
const noteOf = (person: Person, note: ApiEnv["Variables"]["audit"] = {}) => ({
	actor: authorOf(person.user),
	orgs: person.organisations.map(({ id }) => id),
	target: person.user.id,
	...note,
});

/**
 * The user whose password this is. Problem `refusal`, in the same time for a wrong password and an unknown email; 429
 * after too many of them.
 */
export async function proven(
	c: Context<ApiEnv>,
	email: string,
	password: string,
	refusal: () => Problem,
): Promise<UserRow> {
	const attempt = await available(beginAttempt(c.env, c.req.raw, email, Date.now()));
	const user = await available(userByEmail(c.env, email));
	const { right, weak } = await verifyPassword(password, user?.password ?? null);
	if (!user || !right) {
		if (user) noteRefused(c, user);
		throw refusal();
	}
	await attempt.succeeded();
	if (weak) await updateUser(c.env, user.id, { password: await hashPassword(password) });
	return user;
}

const SOMEBODY: Author = { kind: "system", id: "login", name: "Somebody" };

/** Whose logs it goes to is looked up later: now it would tell by its time that the email exists. */
function noteRefused(c: Context<ApiEnv>, { id, email }: UserRow): void {
	const orgs = async () => (await membershipsOf(c.env, id)).map(({ org }) => org);
	c.set("audit", { action: "session.refused", actor: SOMEBODY, orgs, target: id, detail: email, refused: true });
}

/** Problem 403 for people whom Cloudflare Access signs in and out. */
function assertByPassword(person: Person): void {
	if (person.via === "password") return;
	throw new Problem(403, "access", "Cloudflare Access signs you in and out here: use its own page.");
}

/**
 * POST, GET, DELETE /v1/session; POST /v1/session/demo; DELETE /v1/sessions; PATCH /v1/account;
 * POST /v1/account/password. Problem 400, 401, 403, 404, 422, 429.
 */
export const session = new Hono<ApiEnv>()
	.post("/v1/session", async (c) => {
		assertSameOrigin(c.req.raw);
		const { email, password, remember } = await readBody(c, SignIn);
		return signedIn(c, await proven(c, email, password, wrong), remember);
	})
	.post("/v1/session/demo", async (c) => {
		if (c.env.LOCAL !== "1") throw new Problem(404, "no_demo", "The demo is on one machine only: sign in.");
		assertSameOrigin(c.req.raw);
		await ensureDemoSite(c.env);
		await available(ensureDemoUser(c.env, Date.now()));
		const user = await available(userById(c.env, DEMO_USER));
		if (!user) throw new Error("the demo's user is not there");
		c.set("audit", { detail: "the demo" });
		return signedIn(c, user, false);
	})
	.get("/v1/session", async (c) => answer(c, await personHere(c)))
	.delete("/v1/session", async (c) => {
		const person = await personHere(c);
		assertByPassword(person);
		await deleteSession(c.env, person.session);
		return left(c, person);
	})
	.delete("/v1/sessions", async (c) => {
		const person = await personHere(c);
		assertByPassword(person);
		await deleteSessionsOf(c.env, person.user.id);
		return left(c, person);
	})
	.patch("/v1/account", async (c) => {
		const person = await personHere(c);
		const { name } = await readBody(c, AccountChange);
		await updateUser(c.env, person.user.id, { name });
		forgetPeople();
		c.set("audit", noteOf(person, { detail: name }));
		return answer(c, await personHere(c));
	})
	.post("/v1/account/password", async (c) => {
		const person = await personHere(c);
		assertByPassword(person);
		const { current, next } = await readBody(c, PasswordChange);
		const user = await proven(c, person.user.email, current, wrongCurrent);
		await updateUser(c.env, user.id, { password: await hashPassword(next) });
		await deleteSessionsOf(c.env, user.id, person.session);
		forgetPeople();
		c.set("audit", noteOf(person));
		return answer(c, person);
	});

function left(c: Context<ApiEnv>, person: Person) {
	forgetPeople();
	c.header("set-cookie", endedCookie(c.req.raw));
	c.set("audit", noteOf(person));
	return c.json({ signed_out: true });
}
