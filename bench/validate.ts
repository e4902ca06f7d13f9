/**
 * What the edge's own work on a server's batch of 50 events costs in workerd, and what zod would: `node bench/validate.ts`.
 * Prints µs a batch: the time of `n` runs within one request, less that of none.
 */
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { ROOT } from "../scripts/paths.ts";

const EVENTS = 50;
const RUNS = 200;
const ROUNDS = 20;
const STEPS = ["parse", "plain", "zod", "prepare", "encode", "all"];

const pick = <T>(from: readonly T[], i: number) => from[i % from.length];
const AGENTS = Array.from(
	{ length: 20 },
	(_, i) =>
		`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${110 + i}.0.0.0 Safari/537.36`,
);

const event = (i: number) => ({
	id: `0192f3a0-7b1c-7def-8abc-${String(i).padStart(12, "0")}`,
	name: pick(["pageview", "purchase", "signup", "add_to_cart"], i),
	age: 400 + i,
	visitor_id: `visitor-${i * 7919}-abcdef`,
	session_id: `session-${i * 104729}`,
	url: `https://shop.example/products/${i * 31}?utm_source=newsletter&color=red`,
	referrer: pick(["https://www.google.com/", "https://blog.example/post", "https://shop.example/"], i),
	title: `Product ${i}`,
	screen: pick(["390x844", "1920x1080"], i),
	lang: pick(["de-DE", "en-US", "fr-FR"], i),
	value: 9.9 + i,
	props: { category: pick(["shoes", "hats", "coats"], i), plan: pick(["free", "pro"], i), position: i },
	context: { ip: "203.0.113.7", user_agent: pick(AGENTS, i), country: pick(["DE", "FR", "US"], i) },
});

const bundle = await build({
	entryPoints: [join(ROOT, "workers/edge/validate.bench.ts")],
	bundle: true,
	format: "esm",
	target: "es2024",
	conditions: ["workerd"],
	external: ["cloudflare:*", "node:*"],
	write: false,
});
const server = new Miniflare(
	convertV4MiniflareOptions({
		cf: false,
		modules: true,
		script: bundle.outputFiles[0]?.text ?? "",
		compatibilityDate: "2026-10-19",
	}),
);
try {
	await server.ready;
	const body = JSON.stringify({ v: 1, batch_id: "b", events: Array.from({ length: EVENTS }, (_, i) => event(i)) });
	const time = async (step: string, n: number) => {
		const start = performance.now();
		const response = await server.dispatchFetch(`http://bench/?step=${step}&n=${n}`, { method: "POST", body });
		if (!response.ok) throw new Error(`${step}: ${response.status} ${await response.text()}`);
		return performance.now() - start;
	};
	// In turns, and the best of each: what else the machine does then falls on all alike.
	const best = (times: number[]) => Math.min(...times);
	const idle: number[] = [];
	const busy = new Map<string, number[]>(STEPS.map((step) => [step, []]));
	for (let round = 0; round < ROUNDS; round++) {
		idle.push(await time("parse", 0));
		for (const [step, times] of busy) times.push(await time(step, RUNS));
	}
	const costs = new Map(STEPS.map((step) => [step, ((best(busy.get(step) ?? []) - best(idle)) / RUNS) * 1_000]));
	const [all = 0, zod = 0, plain = 0] = ["all", "zod", "plain"].map((step) => costs.get(step));
	console.log(`a batch of ${EVENTS} events, ${body.length} bytes, in workerd`);
	for (const [step, us] of costs) {
		console.log(
			`${step.padEnd(8)} ${us.toFixed(1).padStart(8)} µs  ${((100 * us) / all).toFixed(0).padStart(4)} % of all`,
		);
	}
	console.log(
		`with zod in place of the plain check: ${(all - plain + zod).toFixed(1)} µs, of which zod ${((100 * zod) / (all - plain + zod)).toFixed(0)} %`,
	);
} finally {
	await server.dispose();
}
