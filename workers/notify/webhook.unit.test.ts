import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { whyNot } from "./address.ts";
import { deliver, type Message, newSecret, type Sender, signatureOf } from "./webhook.ts";

const MESSAGE: Message = {
	url: "https://hooks.example.com/in",
	secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
	body: '{"test": 2432232314}',
};
const sender = (fetch: Sender["fetch"], more: Partial<Sender> = {}): Sender => ({
	fetch,
	now: () => 1_614_265_330_123,
	local: false,
	...more,
});
const answering = (status: number) => sender(async () => new Response(null, { status }));

describe("a webhook", () => {
	it("is signed as Standard Webhooks says: its own example, and another HMAC", async () => {
		const { id, body, secret } = MESSAGE;
		expect(await signatureOf(secret, id, 1_614_265_330, body)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
		const own = newSecret();
		const raw = Uint8Array.from(atob(own.slice("whsec_".length)), (c) => c.charCodeAt(0));
		expect(raw.length).toBe(24);
		const text = "Größe 🦊";
		const mac = hmac(sha256, raw, new TextEncoder().encode(`x.7.${text}`));
		const expected = btoa(String.fromCharCode(...mac));
		expect(await signatureOf(own, "x", 7, text)).toBe(`v1,${expected}`);
	});

	it("is one POST with the headers of the specification", async () => {
		const seen: Request[] = [];
		const outcome = await deliver(
			MESSAGE,
			sender(async (request) => {
				seen.push(request);
				return new Response("ok", { status: 202 });
			}),
		);
		expect(outcome).toEqual({ at: 1_614_265_330_123, status: 202, error: null });
		const [request] = seen;
		expect(seen).toHaveLength(1);
		expect([request?.method, request?.url, request?.redirect]).toEqual(["POST", MESSAGE.url, "manual"]);
		expect(await request?.text()).toBe(MESSAGE.body);
		expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
			"content-type": "application/json",
			"webhook-id": MESSAGE.id,
			"webhook-timestamp": "1614265330",
			"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		});
	});

	it("tells what went wrong: a refusal, a redirect, no answer, no server", async () => {
		expect(await deliver(MESSAGE, answering(500))).toMatchObject({ status: 500, error: "The receiver answered 500." });
		expect((await deliver(MESSAGE, answering(302))).error).toContain("redirects are not followed");
		const failing = sender(() => Promise.reject(new TypeError("fetch failed")));
		expect(await deliver(MESSAGE, failing)).toMatchObject({ status: null, error: "The address cannot be reached." });
	});

	it("is not sent where it must not go", async () => {
		const never = sender(() => Promise.reject(new Error("sent")));
		const outcome = await deliver({ ...MESSAGE, url: "https://10.0.0.8/in" }, never);
		expect(outcome).toMatchObject({ status: null, error: "The address must be a public address." });
	});
});

describe("addresses of webhooks", () => {
	it.each([
		"https://hooks.example.com/x",
		"https://hooks.example.com:8443/x",
		"https://8.8.8.8/",
		"https://172.15.0.1/",
		"https://[2606:4700::1111]/",
	])("may be %s", (url) => expect(whyNot(url, false)).toBeNull());

	it.each([
		"http://hooks.example.com/",
		"ftp://hooks.example.com/",
		"https://user:pass@hooks.example.com/",
		"https://localhost/",
		"https://localhost./",
		"https://a.localhost/",
		"https://intranet/",
		"https://db.internal/",
		"https://printer.local/",
		"https://127.0.0.1/",
		"https://127.1/",
		"https://2130706433/",
		"https://0x7f.0.0.1/",
		"https://0/",
		"https://10.1.2.3/",
		"https://100.64.0.1/",
		"https://169.254.169.254/latest/meta-data",
		"https://172.16.0.1/",
		"https://192.168.1.1/",
		"https://198.18.0.1/",
		"https://224.0.0.1/",
		"https://255.255.255.255/",
		"https://[::1]/",
		"https://[::]/",
		"https://[::ffff:127.0.0.1]/",
		"https://[64:ff9b::7f00:1]/",
		"https://[2002:7f00:1::]/",
		"https://[fd00::1]/",
		"https://[fe80::1]/",
		"https://[2001:db8::1]/",
		"not a url",
	])("may not be %s", (url) => expect(whyNot(url, false)).not.toBeNull());

	it("may be anything of http on one machine", () => {
		expect(whyNot("http://127.0.0.1:9000/hook", true)).toBeNull();
		expect(whyNot("file:///etc/passwd", true)).not.toBeNull();
	});
});
