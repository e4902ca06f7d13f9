import { expect, test } from "vitest";
import { quantile, Sender } from "./sender.ts";

/** Answers one after the other; an Error is a network that fails. Records the bodies. */
function network(answers: (Response | Error)[]) {
	const bodies: string[] = [];
	const fetch: typeof globalThis.fetch = async (_url, init) => {
		bodies.push(String(init?.body));
		const answer = answers.shift();
		if (!answer || answer instanceof Error) throw answer ?? new Error("no answer left");
		return answer;
	};
	const waits: number[] = [];
	const wait = async (ms: number) => {
		waits.push(ms);
	};
	return { bodies, waits, sender: new Sender({ url: "http://127.0.0.1", key: "sk_test", lanes: 2, fetch, wait }) };
}
const accepted = (n: number) => Response.json({ accepted: n, rejected: [], notes: [] }, { status: 202 });
const events = [{ id: "a", name: "x" }];

test("I2: a batch is retried with the same ids after 503, 429 and a failed network", async () => {
	const busy = new Response("", { status: 503, headers: { "retry-after": "2" } });
	const { bodies, waits, sender } = network([busy, new Response("", { status: 429 }), new Error("reset"), accepted(1)]);
	await sender.send(events);
	await sender.drain();
	expect(new Set(bodies).size).toBe(1);
	expect(bodies).toHaveLength(4);
	expect(waits[0]).toBeGreaterThanOrEqual(2000);
	expect(sender.totals).toMatchObject({ sent: 1, accepted: 1, rejected: 0, retries: 3, lost: 0 });
});

test("a refused batch is not retried, and the first complaint is kept", async () => {
	const { bodies, sender } = network([new Response("no such key", { status: 401 })]);
	await sender.send(events);
	await sender.drain();
	expect(bodies).toHaveLength(1);
	expect(sender.totals).toMatchObject({ accepted: 0, rejected: 1 });
	expect(sender.complaint).toBe("401 no such key");
});

test("a batch that never gets through is given up and counted", async () => {
	const { sender } = network([]);
	await sender.send(events);
	await sender.drain();
	expect(sender.totals).toMatchObject({ sent: 1, lost: 1, retries: 9 });
});

test("quantile", () => {
	expect(quantile([], 0.5)).toBe(0);
	expect(quantile([3, 1, 2], 0.5)).toBe(2);
	expect(quantile([3, 1, 2], 0.99)).toBe(3);
});
