/**
 * The archive under kill -9: while events come, a client seals, imports, rebuilds and erases, the cron compacts, and
 * the server dies at random moments. Whatever it was doing, every acked event is in every answer once, what was erased
 * is in none, and what is on R2 and not in the catalogue is nobody's.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { hash64 } from "../schema/core/hash.ts";
import { Frame, LIVE_PROTOCOL } from "../schema/live.ts";
import type { QueryInput } from "../schema/query.ts";
import { randomFrom } from "../scripts/traffic/random.ts";
import { quantile } from "../scripts/traffic/sender.ts";
import { Nowcast, until } from "./nowcast.ts";
import { type JobRow, Operator, type SegmentRow } from "./operator.ts";

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/**
 * When the server is killed in each round: at a random moment; when sealing, importing and compaction have written
 * objects and D1 does not take their rows; or when a job's step is through and D1 does not take what came of it. In the
 * first round nobody is erased yet.
 */
const KILLS = [
	"random",
	"erase: logs",
	"objects without rows",
	"erase: survey",
	"rebuild: pass",
	"erase: archive",
	"erase: rebuild",
	"random",
] as const;
type Kill = (typeof KILLS)[number];
const BATCHES = 12;
const BATCH_EVENTS = 8;
const FILES = 3;
const FILE_EVENTS = 60;
const VISITORS = 40;
/** Days back of what is imported: some that still wait for late events, some in live windows, some in D1. */
const DAYS = [1, 2, 5, 6, 9, 10];
/** Of these days the windows are rebuilt. */
const LIVE_DAYS: readonly number[] = [5, 6];
const D1_DAYS: readonly number[] = [9, 10];
const DAY = 86_400_000;
/** Of each day. Every hour of every metric is a rollup to write anew, at each rebuild: a day's 24 tell no more than these. */
const IMPORTED_MS = 4 * 3_600_000;
/** What a run must settle in, ms. */
const SETTLE_MS = 80_000;

const random = randomFrom(SEED);
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const today = Date.now() - (Date.now() % DAY);

const Made = z.object({
	site: z.object({ id: z.string() }),
	keys: z.object({ server: z.string(), read: z.string(), admin: z.string() }),
});

let nowcast: Nowcast;
let site: string;
let keys: z.output<typeof Made>["keys"];
let operator: Operator;

beforeAll(async () => {
	nowcast = await Nowcast.start("e2e/archive-server.ts");
	const settings = { name: "Shop", dimensions: ["plan"] };
	const made = Made.parse(await (await nowcast.post("/v1/sites", settings, "ak_demo")).json());
	[site, keys] = [made.site.id, made.keys];
	operator = new Operator(nowcast, site);
});
afterAll(() => nowcast?.stop());

const total = (query: QueryInput) => nowcast.query({ kind: "total", ...query }, keys.read);

/** What a metric's windows count of today. A question may ask the archive, while these days wait for a rebuild. */
async function windowed(metric: string) {
	const url = `${nowcast.url.replace("http", "ws")}/v1/live?metric=${metric}&from=now-6h`;
	const socket = new WebSocket(url, [LIVE_PROTOCOL, keys.read]);
	try {
		return await new Promise<{ total: number; sources: string[] }>((resolve, reject) => {
			socket.addEventListener("close", () => reject(new Error("the socket closed")));
			socket.addEventListener("message", ({ data }) => {
				const frame = Frame.parse(JSON.parse(String(data)));
				if (frame.t !== "snapshot") return;
				resolve({ total: frame.series[0]?.total ?? 0, sources: frame.meta.sources });
			});
		});
	} finally {
		socket.close();
	}
}

test("an event is in the answer to a question that is asked right after its ack", async () => {
	const took: number[] = [];
	for (let i = 0; i < 50; i++) {
		const fresh = `n${i}`;
		await nowcast.send([{ id: `fresh-${i}`, name: "fresh", visitor_id: `f${i % 7}`, props: { fresh } }], keys.server);
		const acked = performance.now();
		const answer = await total({ metric: "fresh", filters: [{ dim: "props.fresh", values: [fresh] }] });
		took.push(performance.now() - acked);
		expect(answer.total).toBe(1);
		if (i % 20 === 19) await seal();
	}
	const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
	console.log(
		`freshness: 50 of 50 in the first answer; ack to answer p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
	);
	expect(p99).toBeLessThan(1_000);
});

interface Sent {
	id: string;
	name: string;
	visitor: string;
	/** Null: now. */
	daysBack: number | null;
	value: number;
}

const acked = new Map<string, Sent>();
const erased = new Set<string>();
const remaining = () => [...acked.values()].filter(({ visitor }) => !erased.has(visitor));
const isDoomed = (visitor: string) => visitor.startsWith("doomed");

/** Requests under way, by what they ask. */
const underWay = new Map<string, number>();
/** What was under way at a kill, over all rounds; jobs by the step that had its lease. */
const killed = new Map<string, number>();
const count = (map: Map<string, number>, what: string, by: number) => map.set(what, (map.get(what) ?? 0) + by);

async function track<T>(what: string, work: () => Promise<T>): Promise<T> {
	count(underWay, what, 1);
	try {
		return await work();
	} finally {
		count(underWay, what, -1);
	}
}

/** Tries until it is done, as a client would. */
async function persist(what: string, work: () => Promise<unknown>): Promise<void> {
	const attempt = async () => {
		await track(what, work);
		return true;
	};
	await until(what, attempt, SETTLE_MS);
}

async function answered(response: Response, status: number): Promise<unknown> {
	if (response.status !== status) throw new Error(`${response.status} ${await response.text()}`);
	return response.json();
}

const wire = ({ id, name, visitor, value, daysBack }: Sent) => ({
	id,
	name,
	visitor_id: visitor,
	value,
	url: "https://shop.example/",
	props: { run: SEED, doomed: isDoomed(visitor) },
	context: { country: "DE", user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/129.0.0.0" },
	...(daysBack === null ? { age: 0 } : { ts: tsOf(id, daysBack) }),
});
/** The same at each attempt, so that a file stays the same file. */
const tsOf = (id: string, daysBack: number) => today - daysBack * DAY + (hash64(id).lo % IMPORTED_MS);

async function send(batch: readonly Sent[]): Promise<void> {
	await persist("send", async () => {
		const { accepted } = await nowcast.send(batch.map(wire), keys.server);
		expect(accepted).toBe(batch.length);
	});
	for (const event of batch) acked.set(event.id, event);
}

async function importFile(events: readonly Sent[]): Promise<void> {
	const body = events.map((event) => JSON.stringify(wire(event))).join("\n");
	await persist("import", async () => {
		const headers = { authorization: `Bearer ${keys.server}` };
		const signal = AbortSignal.timeout(10_000);
		const response = await fetch(`${nowcast.url}/v1/import`, { method: "POST", headers, body, signal });
		expect(await answered(response, 202)).toMatchObject({ accepted: events.length, rejected: 0 });
	});
	for (const event of events) acked.set(event.id, event);
}

const seal = async () => answered(await nowcast.post(`/v1/sites/${site}/seal`, {}, keys.admin), 200);

async function rebuild(daysBack: number): Promise<void> {
	const range = { from: today - daysBack * DAY, to: today - (daysBack - 1) * DAY };
	await persist("rebuild", async () => answered(await nowcast.post("/v1/rebuild", range, keys.admin), 202));
}

async function erase(visitor: string): Promise<void> {
	const headers = { authorization: `Bearer ${keys.admin}` };
	const url = `${nowcast.url}/v1/visitors?visitor_id=${visitor}`;
	await persist("erase", async () => answered(await fetch(url, { method: "DELETE", headers }), 202));
	erased.add(visitor);
}

/** Over and over, at most `ms` apart, until the server is killed. */
async function whileUp(what: string, ms: number, isUp: () => boolean, work: () => Promise<unknown>): Promise<void> {
	while (isUp()) {
		await track(what, work).catch(() => {});
		await pause(below(ms));
	}
}

const someone = (round: number) => (below(8) === 0 ? `doomed${round}` : `v${below(VISITORS)}`);

/** Live events of the doomed have a name of their own: today's windows are rebuilt in three days only. */
function liveBatch(round: number, b: number): Sent[] {
	return Array.from({ length: BATCH_EVENTS }, (_, i) => {
		const visitor = someone(round);
		const name = isDoomed(visitor) ? "secret" : pick(["visit", "buy"]);
		return { id: `live-${round}-${b}-${i}`, name, visitor, daysBack: null, value: below(9) };
	});
}

/** Two files of each round are of one day, so that there is something to merge. */
function file(round: number, f: number): Sent[] {
	const daysBack = DAYS[(f < 2 ? round : round + 3) % DAYS.length] ?? 1;
	return Array.from({ length: FILE_EVENTS }, (_, i) => {
		const name = pick(["visit", "buy"]);
		return { id: `file-${round}-${f}-${i}`, name, visitor: someone(round), daysBack, value: below(9) };
	});
}

async function client(round: number, b: number): Promise<void> {
	await pause(below(900));
	const batch = liveBatch(round, b);
	await send(batch);
	if (below(3) === 0) await send(batch);
	const earlier = pick([...acked.values()].filter(({ daysBack }) => daysBack === null));
	if (below(3) === 0) await send([earlier]);
}

async function importer(events: readonly Sent[]): Promise<void> {
	await pause(below(900));
	await importFile(events);
	if (below(3) === 0) await importFile(events);
}

async function operate(round: number): Promise<void> {
	await pause(below(600));
	if (round > 1) await erase(`doomed${round - 1}`);
	await rebuild(pick([...LIVE_DAYS, ...D1_DAYS]));
}

/** Objects that the catalogue does not name: of what, by the form of the name. */
function orphans(): string[] {
	// The objects first: one that is catalogued meanwhile is none.
	const keys = [...operator.objects().keys()];
	const known = new Set(operator.catalogue().map(({ key }) => key));
	return keys.filter((key) => !known.has(key));
}

const KINDS: Record<string, string> = { c: "compaction", e: "erasure", i: "import" };
const kindOf = (key: string) => KINDS[/\/([cei])-[^/]*$/.exec(key)?.[1] ?? ""] ?? "log";

async function runRound(round: number, kill: Kill): Promise<void> {
	const files = Array.from({ length: FILES }, (_, f) => file(round, f));
	if (kill === "objects without rows") for (const first of files.splice(0, 2)) await importFile(first);
	if (kill !== "random") await operator.refuse(refusedBy(kill));
	let up = true;
	const work = [...Array.from({ length: BATCHES }, (_, b) => client(round, b)), ...files.map(importer), operate(round)];
	const untilKilled = [
		whileUp("seal", 60, () => up, seal),
		whileUp(
			"cron",
			600,
			() => up,
			() => operator.cron(),
		),
	];
	await pause(200 + below(1_000));
	if (kill !== "random") await until(kill, async () => isMoment(kill));
	for (const [what, n] of underWay) if (n > 0) count(killed, what, n);
	await nowcast.kill();
	up = false;
	await nowcast.boot();
	noteStand();
	await operator.refuseNothing();
	await operator.hoursPass(["waiting", "running"]);
	await Promise.all([...work, ...untilKilled]);
}

function refusedBy(kill: Exclude<Kill, "random">): string {
	if (kill === "objects without rows") return "INSERT ON archive_segments";
	const [kind, step] = kill.split(": ");
	return `UPDATE OF state ON jobs WHEN OLD.kind = '${kind}' AND OLD.step = '${step}'`;
}

function isMoment(kill: Exclude<Kill, "random">): boolean {
	if (kill !== "objects without rows") return leased().includes(kill);
	const kinds = new Set(orphans().map(kindOf));
	return ["log", "import", "compaction"].every((kind) => kinds.has(kind));
}

/** Steps of jobs that have been begun. */
function leased(): string[] {
	const now = Date.now();
	const running = operator.jobs().filter(({ status, due_at }) => status === "running" && due_at > now);
	return running.map(({ kind, step }) => `${kind}: ${step}`);
}

function noteStand(): void {
	for (const key of orphans()) count(killed, `${kindOf(key)} between object and row`, 1);
	for (const step of leased()) count(killed, `job ${step}`, 1);
}

/** Filters that windows do not have. */
const ofRun = [{ dim: "props.run", values: [SEED] }];
const lasting = [...ofRun, { dim: "props.doomed", values: [false] }];
const RANGE = { from: "now-12d", to: "now+1h" } as const;

describe(`seed ${SEED}`, () => {
	test(`${KILLS.length} rounds of kill -9 while sealing, compacting, importing, rebuilding and erasing`, async () => {
		for (const [i, kill] of KILLS.entries()) {
			const round = i + 1;
			await runRound(round, kill);
			// No waiting: raw events have it now.
			const staying = remaining().filter(({ visitor }) => !isDoomed(visitor));
			expect((await total({ ...RANGE, filters: lasting })).total, `round ${round}`).toBe(staying.length);
		}
		console.log(`seed ${SEED}: ${acked.size} events acked, ${erased.size} visitors erased; killed during`, killed);
	}, 240_000);

	test("everything settles", async () => {
		await until("sealed", async () => JSON.stringify(await seal()) === '{"segments":0}');
		await until("settled", isSettled, SETTLE_MS);
	}, 120_000);

	test("raw questions, windows and rollups have every acked event once, and nothing erased", async () => {
		const events = remaining();
		for (const metric of ["visit", "buy", "secret"]) {
			const own = events.filter(({ name }) => name === metric);
			const asked = { metric, ...RANGE, filters: ofRun };
			const counted = await total(asked);
			expect([metric, counted.total]).toEqual([metric, own.length]);
			expect(counted.meta).toMatchObject({ sources: ["archive"], exact: true });
			expect((await total({ ...asked, measure: "uniques" })).total).toBe(new Set(own.map((e) => e.visitor)).size);
			expect((await total({ ...asked, measure: "sum" })).total ?? 0).toBe(own.reduce((sum, e) => sum + e.value, 0));
		}
		for (const metric of ["visit", "buy"]) {
			const own = events.filter(({ name }) => name === metric);
			const live = own.filter(({ daysBack }) => daysBack === null);
			await until(`windows of ${metric}`, async () => {
				const { total: counted, sources } = await windowed(metric);
				expect(sources).toEqual(["window"]);
				return counted === live.length;
			});
			for (const back of [...LIVE_DAYS, ...D1_DAYS]) {
				const range = { from: today - back * DAY, to: today - (back - 1) * DAY };
				const onDay = own.filter(({ daysBack }) => daysBack === back);
				const { total: counted, meta } = await total({ metric, ...range });
				expect([metric, back, counted, meta.sources]).toEqual([
					metric,
					back,
					onDay.length,
					[LIVE_DAYS.includes(back) ? "window" : "d1"],
				]);
			}
		}
	});

	test("the catalogued objects hold every acked event once, and nothing erased; an export has a visitor's", async () => {
		const catalogue = operator.catalogue();
		expect(new Set(catalogue.map(({ source }) => source))).toEqual(new Set(["log", "import", "compaction", "erasure"]));
		const active = catalogue.filter((row) => row.replaced_at === null);
		const rows = await read(active.map(({ key }) => key));
		const ids = rows.map(({ id }) => id).filter((id) => !id.startsWith("fresh-"));
		expect(ids.toSorted()).toEqual(
			remaining()
				.map(({ id }) => id)
				.toSorted(),
		);
		expect(rows.filter(({ visitor }) => erasedHashes().has(visitor))).toEqual([]);
		const visitor = pick([...new Set(remaining().map((event) => event.visitor))]);
		const own = remaining().filter((event) => event.visitor === visitor);
		expect((await exportOf(visitor)).toSorted()).toEqual(own.map(({ id }) => id).toSorted());
		expect(await exportOf([...erased][0] ?? "")).toEqual([]);
	});

	test("later only what the catalogue names is left on R2, and nothing of an erased visitor", async () => {
		// As if it were later: replaced objects go, and erasures look once more at what is left.
		await operator.cron(Date.now() + 20 * 60_000);
		await until("no object beside the catalogue", async () => {
			await operator.hoursPass(["waiting"]);
			return orphans().length === 0;
		});
		const rows = await read(operator.objects().keys());
		expect(rows.filter(({ visitor }) => erasedHashes().has(visitor))).toEqual([]);
	});
});

/** Brings forward what waits, and says whether nothing is left to be done. */
async function isSettled(): Promise<boolean> {
	const jobs = operator.jobs();
	const open = jobs.filter((job) => !isJobSettled(job));
	if (open.length > 0 || isCompactable(operator.catalogue())) {
		await operator.hoursPass(
			open.some(({ status, error }) => status === "waiting" && error !== null) ? ["waiting"] : [],
		);
		await pause(1_000);
		return false;
	}
	expect(jobs.filter(({ status }) => status === "failed")).toEqual([]);
	return true;
}

/** What is left to such a job comes with time: late days, and objects and journal rows that are deleted later. */
function isJobSettled({ kind, status, step, state }: JobRow): boolean {
	if (status === "done" || status === "failed") return true;
	if (kind === "erase") return step === "trim";
	return kind === "rebuild" && status === "waiting" && state.note !== null;
}

/** Whether some day that is over has two segments, which are all small here. */
function isCompactable(catalogue: readonly SegmentRow[]): boolean {
	const past = catalogue.filter(({ replaced_at, day }) => replaced_at === null && Date.parse(day) < today);
	return new Set(past.map(({ partition, day }) => `${partition} ${day}`)).size < past.length;
}

const erasedHashes = () =>
	new Set(
		[...erased].map((visitor) => {
			const { hi, lo } = hash64(visitor);
			return BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo));
		}),
	);

const Row = z.tuple([z.string(), z.bigint()]);

/** Ids and visitors of all rows of these objects, as another engine reads them. */
async function read(keys: Iterable<string>) {
	const objects = operator.objects();
	const files = Array.from(keys, (key) => `'${objects.get(key)}'`);
	const duckdb = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
	try {
		const found = await duckdb.runAndReadAll(`SELECT event_id, visitor FROM read_parquet([${files.join(", ")}])`);
		const rows = z.array(Row).parse(found.getRows());
		return rows.map(([id, visitor]) => ({ id, visitor }));
	} finally {
		duckdb.closeSync();
	}
}

const Started = z.object({ job: z.object({ id: z.string(), status: z.string() }) });

/** Ids of a visitor's events, by the export job. */
async function exportOf(visitor: string): Promise<string[]> {
	const response = await nowcast.post(`/v1/visitors/export?visitor_id=${visitor}`, {}, keys.admin);
	const { job } = Started.parse(await answered(response, 202));
	const headers = { authorization: `Bearer ${keys.admin}` };
	const text = await until("export", async () => {
		const result = await fetch(`${nowcast.url}${job.status}/result`, { headers });
		return result.status === 200 ? { lines: await result.text() } : undefined;
	});
	return text.lines
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => z.object({ id: z.string() }).parse(JSON.parse(line)).id);
}
