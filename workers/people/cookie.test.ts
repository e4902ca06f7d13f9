import { env } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endedCookie, readCookie, sentCookie, sessionCookie } from "./cookie.ts";

const NOW = Date.UTC(2026, 10, 22);
const token = { id: "ses_abc123", expiresAt: NOW + 1000 };
const over = (scheme: string, cookie = "") =>
	new Request(`${scheme}://nowcast.example/v1/session`, { headers: { cookie } });
const written = (scheme: string, remember = false) => sessionCookie(env, over(scheme), token, { remember, now: NOW });
const valueIn = (setCookie: string) => /=([^;]*)/.exec(setCookie)?.[1] ?? "";

describe("the session's cookie", () => {
	it("is for this host alone over https, unseen by scripts, and not sent by other sites' changes", async () => {
		const plain = await written("http");
		expect(plain).toMatch(/^nowcast_session=ses_abc123\.\d+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
		const secure = await written("https");
		expect(secure).toMatch(/^__Host-nowcast_session=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
	});

	it("lives as long as the browser's window, or with remember as long as the session", async () => {
		expect(await written("https")).not.toContain("Max-Age");
		expect(await written("https", true)).toContain("Max-Age=1;");
		expect(endedCookie(over("https"))).toMatch(/^__Host-nowcast_session=; Max-Age=0; .*Secure/);
	});

	it("is read where it was written: https takes no plain one, which any subdomain could have set", async () => {
		const value = valueIn(await written("http"));
		expect(sentCookie(over("http", `a=b; nowcast_session=${value}`))).toBe(value);
		expect(sentCookie(over("https", `nowcast_session=${value}`))).toBeNull();
		expect(sentCookie(over("http"))).toBeNull();
	});

	it("is the session until it expires", async () => {
		const value = valueIn(await written("http"));
		expect(await readCookie(env, value, NOW)).toEqual(token);
		expect(await readCookie(env, value, NOW + 1000)).toBeNull();
	});

	it("is nothing once a character of it was changed", async () => {
		const value = valueIn(await written("http"));
		await fc.assert(
			fc.asyncProperty(fc.nat(value.length - 1), fc.constantFrom(..."abcxyz019.-_"), async (at, character) => {
				fc.pre(value[at] !== character);
				// The last character of base64url of 32 bytes has two bits to spare, which no decoder here ignores.
				expect(await readCookie(env, value.slice(0, at) + character + value.slice(at + 1), NOW)).toBeNull();
			}),
			{ numRuns: 200 },
		);
	});

	it("of another instance's secret is nothing", async () => {
		const value = valueIn(await written("http"));
		expect(await readCookie({ SECRET: "another" }, value, NOW)).toBeNull();
	});
});
