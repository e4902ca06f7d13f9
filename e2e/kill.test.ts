/** I1 and I2 under kill -9: the server dies at random moments while a client retries. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Nowcast, until } from "./nowcast.ts";

const ROUNDS = 20;
const BATCHES = 40;
const EVENTS = 10;

let nowcast: Nowcast;
beforeAll(async () => {
	nowcast = await Nowcast.start();
});
afterAll(() => nowcast?.stop());

/** Sends a batch until it is acked, as the beacon does: the same ids every time. */
async function sendUntilAcked(batch: { id: string }[], acked: Set<string>) {
	while (batch.some((event) => !acked.has(event.id))) {
		try {
			const answer = await nowcast.send(batch);
			expect(answer.accepted).toBe(batch.length);
			for (const event of batch) acked.add(event.id);
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
		}
	}
}

test(`I1, I2: ${ROUNDS} rounds of kill -9 lose nothing acked and count nothing twice`, async () => {
	const acked = new Set<string>();
	let killedWith = 0;
	for (let round = 1; round <= ROUNDS; round++) {
		const clients = Array.from({ length: BATCHES }, (_, b) => {
			const batch = Array.from({ length: EVENTS }, (_, i) => ({
				id: `kill-${round}-${b}-${i}`,
				name: i % 5 === 0 ? "purchase" : "pageview",
				age: 0,
				visitor_id: `v${(b * EVENTS + i) % 97}`,
				url: `https://shop.example/p${i}`,
				...(i % 5 === 0 ? { value: 1 } : {}),
			}));
			return new Promise((resolve) => setTimeout(resolve, Math.random() * 400)).then(() =>
				sendUntilAcked(batch, acked),
			);
		});
		await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
		await nowcast.kill();
		killedWith += acked.size - (round - 1) * BATCHES * EVENTS;
		await nowcast.boot();
		await Promise.all(clients);
		const expected = round * BATCHES * EVENTS;
		expect(acked.size).toBe(expected);
		const window = { from: "now-6h", to: "now+1h" };
		await until(
			`round ${round}: count ${expected}`,
			async () => (await nowcast.total({ metric: "*", ...window })) === expected,
		);
		expect(await nowcast.total({ metric: "purchase", measure: "sum", ...window })).toBe((expected / EVENTS) * 2);
	}
	console.log(
		`kill -9: ${ROUNDS} rounds, ${acked.size} events acked (${killedWith} of them before the kill of their round), ${acked.size} counted: none lost, none twice`,
	);
}, 400_000);
