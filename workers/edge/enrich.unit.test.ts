import { describe, expect, it } from "vitest";
import { decodeTable, encodeTable, rowAt } from "../../schema/core/columns.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { EVENT_LAYOUT, FLAG, LIMITS, type WireBatch, type WireEvent } from "../../schema/event.ts";
import { slotOf, tenantId } from "../../schema/ids.ts";
import type { Principal } from "../api/auth.ts";
import { identify, prepare } from "./batch.ts";
import { compileOrigins } from "./origin.ts";
import type { Sender } from "./sender.ts";
import { agentOf } from "./useragent.ts";

const NOW = Date.UTC(2026, 10, 22, 10);
const CHROME =
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36";
const IPHONE =
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const tenant = tenantId("t");
const principal = (scope: Principal["scope"]): Principal => ({
	tenant,
	scope,
	keyId: "k",
	actor: { kind: "key", id: "k", name: "k" },
	org: "org_default",
	root: false,
	site: {
		id: tenant,
		name: "t",
		zone: "UTC",
		week_start: "monday",
		currency: null,
		origins: ["shop.example", "pay.example"],
		dimensions: [],
		partitions: 4,
		quota: null,
		d1_shard: "main",
		retention_days: 90,
		org: "org_default",
		embed_origins: [],
		version: 1,
		created_at: 0,
	},
});
const browser: Sender = {
	principal: principal("write"),
	publicKey: true,
	received: NOW,
	userAgent: CHROME,
	agent: agentOf(CHROME),
	ip: "203.0.113.7",
	country: "DE",
	region: "Berlin",
	city: "Berlin",
	origins: compileOrigins(["shop.example", "pay.example"]),
};
const server: Sender = {
	...browser,
	principal: principal("server"),
	publicKey: false,
	userAgent: "",
	agent: agentOf(""),
	ip: "",
	country: "",
	region: "",
	city: "",
};
const batch = (events: unknown[], more: Partial<WireBatch> = {}): WireBatch => ({ v: 1, events, ...more });
const one = (event: Partial<WireEvent>, sender: Sender = browser) => {
	const prepared = prepare(batch([{ name: "pageview", visitor_id: "v", ...event }]), sender);
	return { ...prepared, row: prepared.rows[0] };
};

describe("an enriched event", () => {
	it("has where, when, whence, with what and by whom", () => {
		const { row } = one({
			id: "e1",
			age: 420.4,
			url: "https://shop.example/p?utm_source=news&page=2",
			referrer: "https://www.google.com/search?q=x",
			title: "P",
			screen: "390x844",
			lang: "de-DE",
			value: 59.9,
			currency: "EUR",
			props: { plan: "pro" },
		});
		const { hi, lo } = hash64("v");
		const id = hash64("e1");
		expect(row).toEqual({
			ts: NOW - 420,
			received_at: NOW,
			value: 59.9,
			id_hi: id.hi,
			id_lo: id.lo,
			visitor_hi: hi,
			visitor_lo: lo,
			yesterday_hi: 0,
			yesterday_lo: 0,
			slot: slotOf(hi),
			flags: FLAG.passive,
			id: "e1",
			name: "pageview",
			user_id: undefined,
			session_id: undefined,
			host: "shop.example",
			path: "/p",
			search: "page=2",
			title: "P",
			referrer: "google.com",
			referrer_url: "https://www.google.com/search",
			channel: "campaign",
			utm_source: "news",
			utm_medium: "",
			utm_campaign: "",
			utm_term: "",
			utm_content: "",
			country: "DE",
			region: "Berlin",
			city: "Berlin",
			browser: "Chrome",
			browser_version: "129",
			os: "Windows",
			device: "desktop",
			screen: "390x844",
			lang: "de-DE",
			currency: "EUR",
			props: '{"plan":"pro"}',
		});
	});

	it("is about whom its server says, and takes nothing from the server's own request", () => {
		const context = { ip: "198.51.100.1", user_agent: IPHONE, country: "FR" };
		expect(one({ context }, server).row).toMatchObject({
			country: "FR",
			region: "",
			city: "",
			browser: "Safari",
			device: "mobile",
			flags: FLAG.passive,
		});
		expect(one({ name: "renewal" }, { ...server, userAgent: "node", ip: "192.0.2.1" }).row).toMatchObject({
			country: undefined,
			browser: "",
			device: "",
			channel: "",
			flags: FLAG.server,
		});
	});

	it("is passive where it is a page view or says so", () => {
		expect(one({ name: "scroll", interactive: false }).row?.flags).toBe(FLAG.passive);
		expect(one({ name: "click" }).row?.flags).toBe(0);
		expect(one({ name: "pageview", interactive: true }).row?.flags).toBe(FLAG.passive);
	});

	it("comes from a referrer only where that is another site than all of the tenant's", () => {
		const url = "https://shop.example/done";
		expect(one({ url, referrer: "https://pay.example/3ds" }).row).toMatchObject({ referrer: "", channel: "direct" });
		expect(one({ url, referrer: "https://bank.example/3ds" }).row).toMatchObject({ channel: "referral" });
	});
});

describe("a currency", () => {
	const inEuro = {
		...browser,
		principal: { ...principal("write"), site: { ...principal("write").site, currency: "EUR" } },
	};
	it("that is not the site's is noted, where there is a value in it", () => {
		const noted = [{ index: 0, code: "currency" }];
		expect(one({ value: 1, currency: "USD" }, inEuro)).toMatchObject({ notes: noted, rejected: [], counts: {} });
		expect(one({ value: 1, currency: "USD" }, inEuro).row).toMatchObject({ value: 1, currency: "USD" });
		expect(one({ value: 1, currency: "EUR" }).notes).toEqual(noted);
		for (const event of [{ value: 1, currency: "EUR" }, { value: 1 }, { currency: "USD" }]) {
			expect(one(event, inEuro).notes).toEqual([]);
		}
	});
});

describe("event time", () => {
	it("is the receive time less the age", () => {
		expect(one({ age: 1_000 }).row?.ts).toBe(NOW - 1_000);
		expect(one({}).row?.ts).toBe(NOW);
		expect(one({ age: 1e300 }).row?.ts).toBe(0);
	});

	it("is what a server says, unless that is more than a minute ahead", () => {
		expect(one({ ts: NOW - 5_000 }, server).row?.ts).toBe(NOW - 5_000);
		expect(one({ ts: "2026-11-22T09:00:00+01:00" }, server).row?.ts).toBe(NOW - 7_200_000);
		expect(one({ ts: NOW + 60_000 }, server)).toMatchObject({ notes: [], counts: {}, row: { ts: NOW + 60_000 } });
		const { row, notes, counts } = one({ ts: NOW + 60_001 }, server);
		expect(row?.ts).toBe(NOW);
		expect(row?.flags).toBe(FLAG.clamped | FLAG.server | FLAG.passive);
		expect(notes).toEqual([{ index: 0, code: "clamped" }]);
		expect(counts).toEqual({ clamped: 1 });
	});
});

describe("a batch", () => {
	it("is not sunk by one bad event", () => {
		const big = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, "x".repeat(1_000)]));
		const events = [
			{ name: "a" },
			{ name: "" },
			{ name: "b", ts: 1 },
			{ name: "c", context: { country: "DE" } },
			{ name: "d", props: big },
			{ name: "e" },
		];
		const { rows, indexes, rejected, counts } = prepare(batch(events), browser);
		expect(rows.map((row) => row.name)).toEqual(["a", "e"]);
		expect(indexes).toEqual([0, 5]);
		expect(rejected.map(({ index, code }) => [index, code])).toEqual([
			[1, "invalid"],
			[2, "not_allowed"],
			[3, "not_allowed"],
			[4, "too_large"],
		]);
		expect(counts).toEqual({ invalid: 4 });
	});

	it("takes an event up to its limit and no byte more", () => {
		const props = (chars: number) => {
			const full = Math.floor(chars / 1_000);
			return Object.fromEntries(
				Array.from({ length: full + 1 }, (_, i) => [`p${i}`, "x".repeat(i < full ? 1_000 : chars % 1_000)]),
			);
		};
		const sizeOf = (chars: number) => {
			const { row } = one({ props: props(chars) });
			if (!row) return null;
			return EVENT_LAYOUT.names.reduce((bytes, name) => {
				const value = row[name];
				return bytes + (typeof value === "string" ? new TextEncoder().encode(value).length : 0);
			}, EVENT_LAYOUT.rowWidth);
		};
		const base = sizeOf(20_500) ?? 0;
		let chars = 20_500 + LIMITS.eventBytes - base;
		while ((sizeOf(chars) ?? 0) < LIMITS.eventBytes && sizeOf(chars) !== null) chars++;
		while (sizeOf(chars) === null) chars--;
		expect(sizeOf(chars)).toBe(LIMITS.eventBytes);
		expect(one({ props: props(chars + 1) }).rejected).toMatchObject([{ code: "too_large" }]);
	});

	it("retried is the same events (I2)", () => {
		const events = [{ name: "a" }, { name: "b" }, { name: "c", id: "given" }];
		const ids = (of: Partial<WireBatch>) => prepare(batch(events, of), browser).rows.map((row) => row.id);
		expect(ids({ batch_id: "b1" })).toEqual(ids({ batch_id: "b1" }));
		expect(ids({ batch_id: "b1" })).toEqual(["b1 0", "b1 1", "given"]);
		expect(ids({ batch_id: "b2" })[0]).not.toBe(ids({ batch_id: "b1" })[0]);
		expect(new Set([...ids({}), ...ids({})]).size).toBe(5);
	});

	it("of a bot is kept, flagged, noted and counted; a server's is nobody's business", () => {
		const bot = { ...browser, userAgent: "curl/8.5.0", agent: agentOf("curl/8.5.0") };
		const { row, notes, counts } = one({}, bot);
		expect((row?.flags ?? 0) & FLAG.bot).toBe(FLAG.bot);
		expect(notes).toEqual([{ index: 0, code: "bot" }]);
		expect(counts).toEqual({ bot: 1 });
		expect(one({ context: { user_agent: "curl/8.5.0" } }, server)).toMatchObject({ notes: [], counts: {} });
	});
});

describe("a visitor", () => {
	const id = (n: number) => ({ today: { hi: n, lo: n }, yesterday: { hi: n + 1, lo: n + 1 }, slot: n });

	it("is a device before it is a user, so that logging in moves nobody", () => {
		const { hi } = hash64("v");
		expect(one({ visitor_id: "v", user_id: "u" }).row?.visitor_hi).toBe(hi);
		expect(one({ visitor_id: "", user_id: "v" }).row?.visitor_hi).toBe(hi);
	});

	it("without an id is its device's, asked for once, in the slot of the first answer", async () => {
		const { rows, cookieless } = prepare(batch([{ name: "a" }, { name: "b" }, { name: "c", user_id: "u" }]), browser);
		const asked: unknown[] = [];
		const slot = await identify(cookieless, undefined, async (device) => {
			asked.push([device.ip, device.userAgent]);
			return id(7);
		});
		expect(asked).toEqual([["203.0.113.7", CHROME]]);
		expect(slot).toBe(7);
		for (const row of rows.slice(0, 2)) {
			expect(row).toMatchObject({ visitor_hi: 7, visitor_lo: 7, yesterday_hi: 8, yesterday_lo: 8, slot: 7 });
			expect(row.flags & FLAG.cookieless).toBe(FLAG.cookieless);
		}
		expect((rows[2]?.flags ?? 0) & FLAG.cookieless).toBe(0);
		expect(await identify(cookieless, 99, async () => id(7))).toBe(99);
		expect(rows.map((row) => row.slot)).toEqual([99, 99, rows[2]?.slot]);
	});

	it("of a server that says nothing of it is one a tenant", () => {
		const { rows, cookieless } = prepare(batch([{ name: "a" }, { name: "b" }]), server);
		expect(cookieless).toEqual([]);
		expect(rows[0]?.visitor_lo).toBe(rows[1]?.visitor_lo);
		const other = { ...server, principal: { ...server.principal, tenant: tenantId("u") } };
		expect(prepare(batch([{ name: "a" }]), other).rows[0]?.visitor_lo).not.toBe(rows[0]?.visitor_lo);
	});
});

describe("an IP address", () => {
	it("is in no byte that leaves the edge", async () => {
		const ip = "203.0.113.77";
		const all = [
			prepare(batch([{ name: "a" }, { name: "b", visitor_id: "v" }]), { ...browser, ip }),
			prepare(
				batch([
					{ name: "c", context: { ip, user_agent: IPHONE, country: "DE" } },
					{ name: "d", context: { ip } },
				]),
				server,
			),
		];
		for (const { rows, cookieless } of all) {
			expect(cookieless.length).toBeGreaterThan(0);
			await identify(cookieless, undefined, async () => ({ today: hash64("x"), yesterday: hash64("y"), slot: 1 }));
			const bytes = encodeTable(EVENT_LAYOUT, rows);
			expect(new TextDecoder("latin1").decode(bytes)).not.toContain("203.0.113");
			const table = decodeTable(EVENT_LAYOUT, bytes);
			for (let i = 0; i < table.rows; i++) expect(Object.values(rowAt(EVENT_LAYOUT, table, i))).not.toContain(ip);
		}
	});
});
