import { env } from "cloudflare:test";
import { expect, it } from "vitest";
import { salts, tickets } from "../../schema/d1/tables.ts";
import { tenantId } from "../../schema/ids.ts";
import { WINDOW_MS } from "../people/login-limit.ts";
import { database } from "../store/db.ts";
import { insertDeadLetter, listDeadLetters } from "../store/dead.ts";
import { markPoints, pointsOf } from "../store/points.ts";
import { upsertWindow } from "../store/rollups.ts";
import { saltOf } from "../store/salts.ts";
import { KEEP, retain } from "./retention.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const tenant = tenantId("retention");
const sections = [
	{ part: "total", page: 0, stats: new Uint8Array([1]), uniques: new Uint8Array(0), quantiles: new Uint8Array(0) },
];

const put = (grain: "hour" | "day", bucket: number) =>
	upsertWindow(env, { tenant, metric: "*", grain, bucket }, { grain, bucket, version: { epoch: 0, n: 1 }, sections });
const buckets = async (grain: "hour" | "day") => {
	const found = await env.DB.prepare("SELECT bucket FROM rollups WHERE tenant = ? AND grain = ? ORDER BY bucket")
		.bind(tenant, grain)
		.all<{ bucket: number }>();
	return found.results.map(({ bucket }) => bucket);
};

it("keeps hours 90 days and days 400 days", async () => {
	const [oldHour, hour] = [NOW - KEEP.hours - 1, NOW - KEEP.hours];
	const [oldDay, day] = [NOW - KEEP.days - 1, NOW - KEEP.days];
	for (const bucket of [oldHour, hour]) await put("hour", bucket);
	for (const bucket of [oldDay, day, oldHour]) await put("day", bucket);
	await retain(env, NOW);
	expect(await buckets("hour")).toEqual([hour]);
	expect(await buckets("day")).toEqual([day, oldHour]);
});

it("I8: a run deletes a bounded number of rows, and the next ones the rest", async () => {
	const old = NOW - KEEP.hours - DAY;
	const rows = Array.from({ length: 1100 }, (_, i) => `('${tenant}','*','hour',${old - i},'total',0,0,1,1,x'','','')`);
	for (let at = 0; at < rows.length; at += 100) {
		await env.DB.prepare(`INSERT INTO rollups VALUES ${rows.slice(at, at + 100).join(",")}`).run();
	}
	const count = async () => (await buckets("hour")).filter((bucket) => bucket <= old).length;
	await retain(env, NOW);
	expect(await count()).toBe(100);
	await retain(env, NOW);
	expect(await count()).toBe(0);
});

it("keeps salts two days: yesterday's is still used, and nothing older leads back to an IP", async () => {
	for (const day of ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]) await saltOf(env, day);
	await retain(env, NOW);
	const days = await database(env).select({ day: salts.day }).from(salts).orderBy(salts.day).all();
	expect(days.map(({ day }) => day)).toEqual(["2026-11-20", "2026-11-21", "2026-11-22"]);
});

it("a day has one salt, whoever asks first", async () => {
	const asked = await Promise.all(Array.from({ length: 5 }, () => saltOf(env, "2026-12-01")));
	expect(new Set(asked.map((salt) => salt.toHex())).size).toBe(1);
	expect(asked[0]).toHaveLength(32);
	expect((await saltOf(env, "2026-12-02")).toHex()).not.toBe(asked[0]?.toHex());
});

it("drops tickets that are over, marks of old points, and old dead letters", async () => {
	const ticket = (hash: string, expiresAt: number) => ({ hash, site: tenant, keyId: "k", expiresAt });
	await database(env)
		.insert(tickets)
		.values([ticket("old", NOW - 1), ticket("new", NOW + 1)]);
	const hour = (bucket: number) => ({ tenant, metric: "*", bucket });
	await markPoints(env, hour(1), null, { cursor: "a", points: 1, done: true }, NOW - KEEP.points - 1);
	await markPoints(env, hour(2), null, { cursor: "a", points: 1, done: true }, NOW - KEEP.points);
	const letter = (id: string, at: number) => ({ id, tenant, queue: "q", body: "{}", reason: "r", at });
	await insertDeadLetter(env, letter("old", NOW - KEEP.deadLetters - 1));
	await insertDeadLetter(env, letter("new", NOW - KEEP.deadLetters));
	await retain(env, NOW);
	const left = await database(env).select({ hash: tickets.hash }).from(tickets).all();
	expect(left).toEqual([{ hash: "new" }]);
	expect((await pointsOf(env, hour(1))).cursor).toBeNull();
	expect((await pointsOf(env, hour(2))).cursor).toBe("a");
	expect((await listDeadLetters(env, tenant, 10)).map(({ id }) => id)).toEqual(["new"]);
});

it("drops sessions that are over, old entries of the log, counts of failed logins, and invitations a month after they expired", async () => {
	const rows = (at: number) => [
		`INSERT INTO sessions VALUES ('ses_${at}', 'usr', 1, ${NOW + at})`,
		`INSERT INTO audit VALUES ('aud_${at}', 'org', NULL, ${NOW - KEEP.audit + at}, 'user', 'u', 'U', 'a', 't', '')`,
		`INSERT INTO login_failures VALUES ('email:${at}', 1, ${NOW - WINDOW_MS + at})`,
		`INSERT INTO invitations VALUES ('inv_${at}', '${at}', 'org', 'e', 'viewer', 1, ${NOW - KEEP.invitations + at}, NULL)`,
	];
	await env.DB.batch([...rows(-1), ...rows(1)].map((sql) => env.DB.prepare(sql)));
	await retain(env, NOW);
	for (const [table, id] of [
		["sessions", "id"],
		["audit", "id"],
		["login_failures", "who"],
		["invitations", "id"],
	]) {
		const { results } = await env.DB.prepare(`SELECT ${id} AS id FROM ${table}`).all<{ id: string }>();
		expect(results.map((row) => row.id)).toEqual([expect.stringMatching(/[^-]1$/)]);
	}
});
