import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { EventRecord, EventsAnswer } from "../../../schema/questions.ts";
import { Follower } from "./follow.ts";

const event = (id: number): EventRecord => ({
	id: String(id),
	t: "2026-11-22T10:00:00Z",
	received_at: "2026-11-22T10:00:00Z",
	name: "pageview",
	visitor: "0000000000000001",
	flags: [],
	value: null,
	fields: {},
	props: {},
});

/** A server to which an event a second comes: it answers those after the cursor. */
function server() {
	const asked: (number | null)[] = [];
	let down = false;
	const ask = async (after: number | null): Promise<EventsAnswer> => {
		asked.push(after);
		if (down) throw new Error("down");
		const now = Math.floor(Date.now() / 1000);
		const from = after ?? now - 2;
		return { events: Array.from({ length: now - from }, (_, i) => event(now - i)), left_out: 0, cursor: now };
	};
	return { asked, ask, setDown: (on: boolean) => (down = on) };
}

beforeEach(() => {
	vi.useFakeTimers({ now: 100_000 });
});
afterEach(() => {
	vi.useRealTimers();
});

test("asks a second after each answer for what came since, once each", async () => {
	const { asked, ask } = server();
	const follower = new Follower(ask);
	follower.start();
	await vi.advanceTimersByTimeAsync(3_100);
	expect(asked).toEqual([null, 100, 101, 102]);
	expect(follower.state.value.stream.events.map((e) => e.id)).toEqual(["103", "102", "101", "100", "99"]);
	follower.stop();
	await vi.advanceTimersByTimeAsync(5_000);
	expect(asked).toHaveLength(4);
});

test("a pause asks nothing, and what came meanwhile is there after it", async () => {
	const { asked, ask } = server();
	const follower = new Follower(ask);
	follower.start();
	await vi.advanceTimersByTimeAsync(100);
	follower.pause(true);
	follower.start(); // the page came into sight again: still paused
	await vi.advanceTimersByTimeAsync(10_000);
	expect(asked).toHaveLength(1);
	follower.pause(false);
	await vi.advanceTimersByTimeAsync(100);
	expect(follower.state.value.stream.events).toHaveLength(12);
	follower.stop();
});

test("a failure keeps what is shown, says so, and asks less often until it is over", async () => {
	const { asked, ask, setDown } = server();
	const follower = new Follower(ask);
	follower.start();
	await vi.advanceTimersByTimeAsync(100);
	setDown(true);
	await vi.advanceTimersByTimeAsync(60_000);
	const tries = asked.length;
	expect(tries).toBeLessThan(30);
	expect(follower.state.value.failure?.message).toContain("down");
	expect(follower.state.value.stream.events).toHaveLength(2);
	setDown(false);
	follower.retry();
	await vi.advanceTimersByTimeAsync(100);
	expect(follower.state.value.failure).toBeNull();
	expect(follower.state.value.stream.events.length).toBeGreaterThan(50);
	follower.stop();
});
