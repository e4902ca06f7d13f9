/**
 * The classic stack on the same duties: fastify with compiled JSON-schema validation, Redis (AOF everysec) for dedupe by
 * id, minute counters by dimension, and HyperLogLog visitors. Unlike ours it keeps no raw event and may lose a second.
 * Written as one would in production: one pipeline to dedupe, one to count, aggregated within the batch.
 */
import { createHash } from "node:crypto";
import Fastify from "fastify";
import { Redis } from "ioredis";

const port = Number(process.argv[2]);
const redis = new Redis({ host: "127.0.0.1", port: Number(process.argv[3]) });
const app = Fastify({ bodyLimit: 512 * 1024 });

const text = { type: "string", maxLength: 1024 } as const;
const schema = {
	type: "object",
	required: ["v", "events"],
	properties: {
		v: { const: 1 },
		batch_id: text,
		events: {
			type: "array",
			minItems: 1,
			maxItems: 500,
			items: {
				type: "object",
				required: ["name", "id"],
				properties: {
					id: { type: "string", pattern: "^[\\x21-\\x7e]{1,64}$" },
					name: { type: "string", minLength: 1, maxLength: 64 },
					age: { type: "number", minimum: 0 },
					visitor_id: text,
					user_id: text,
					session_id: text,
					url: text,
					referrer: text,
					title: text,
					screen: text,
					lang: text,
					value: { type: "number" },
					currency: { type: "string", pattern: "^[A-Z]{3}$" },
					props: {
						type: "object",
						maxProperties: 64,
						additionalProperties: {
							anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }, { type: "null" }],
						},
					},
				},
			},
		},
	},
} as const;

interface Event {
	id: string;
	name: string;
	age?: number;
	visitor_id?: string;
	url?: string;
	value?: number;
	context?: { country?: string };
}

/** Redis evicts ids after this: the dedupe horizon. Seconds. */
const HORIZON_S = 48 * 3600;

app.post("/v1/events", { schema: { body: schema } }, async (request, reply) => {
	const { events } = request.body as { events: Event[] };
	const now = Date.now();
	const claims = redis.pipeline();
	for (const event of events) claims.set(`id:${event.id}`, 1, "EX", HORIZON_S, "NX");
	const claimed = (await claims.exec()) ?? [];
	const counts = new Map<string, Map<string, number>>();
	const visitors = new Map<string, Set<string>>();
	events.forEach((event, i) => {
		if (claimed[i]?.[1] !== "OK") return;
		const minute = Math.floor((now - (event.age ?? 0)) / 60_000);
		const visitor = createHash("sha1")
			.update(event.visitor_id ?? "")
			.digest("base64url")
			.slice(0, 11);
		const path = event.url?.split("?")[0] ?? "";
		const country = event.context?.country ?? "";
		for (const metric of ["*", event.name]) {
			const key = `${metric}:${minute}`;
			const fields = counts.get(key) ?? new Map<string, number>();
			counts.set(key, fields);
			for (const field of ["total", `country:${country}`, `path:${path}`])
				fields.set(field, (fields.get(field) ?? 0) + 1);
			if (event.value !== undefined) fields.set("sum", (fields.get("sum") ?? 0) + event.value);
			for (const set of [`u:${key}`, `u:${key}:country:${country}`, `u:${key}:path:${path}`]) {
				const members = visitors.get(set);
				if (members) members.add(visitor);
				else visitors.set(set, new Set([visitor]));
			}
		}
	});
	const writes = redis.pipeline();
	for (const [key, fields] of counts) {
		for (const [field, n] of fields) {
			if (field === "sum") writes.hincrbyfloat(`w:${key}`, field, n);
			else writes.hincrby(`w:${key}`, field, n);
		}
		writes.expire(`w:${key}`, 8 * 86_400);
	}
	for (const [key, members] of visitors) writes.pfadd(key, ...members);
	await writes.exec();
	return reply.code(202).send({ accepted: events.length, rejected: [], notes: [] });
});

await app.listen({ host: "127.0.0.1", port });
console.log("ready");
