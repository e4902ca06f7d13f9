/** Runs one step of the edge's work on a batch, `n` times: workerd's clock stands still meanwhile, so the caller (bench/validate.ts) times. */
import { encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, WireBatch, WireEvent } from "../../schema/event.ts";
import { tenantId } from "../../schema/ids.ts";
import type { Principal } from "../api/auth.ts";
import { prepare } from "./batch.ts";
import { compileOrigins } from "./origin.ts";
import { shares } from "./route.ts";
import type { Sender } from "./sender.ts";
import { agentOf } from "./useragent.ts";
import { isBatch, isWireEvent } from "./validate.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const tenant = tenantId("bench");
const principal: Principal = {
	tenant,
	scope: "server",
	keyId: "k",
	actor: { kind: "key", id: "k", name: "k" },
	org: "org_default",
	root: false,
	site: {
		id: tenant,
		name: "bench",
		zone: "UTC",
		week_start: "monday",
		currency: null,
		origins: [],
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
};
const sender: Sender = {
	principal,
	publicKey: false,
	received: Date.UTC(2026, 10, 22),
	userAgent: "",
	agent: agentOf(""),
	ip: "",
	country: "",
	region: "",
	city: "",
	origins: compileOrigins([]),
};

const encode = (rows: Parameters<typeof shares>[0]) =>
	shares(rows, 4).reduce((bytes, share) => bytes + encodeTable(EVENT_LAYOUT, share.rows).length, 0);

function steps(body: ArrayBuffer): Record<string, () => unknown> {
	const read = () => JSON.parse(decoder.decode(body));
	const batch = WireBatch.parse(read());
	const { rows } = prepare(batch, sender);
	return {
		parse: read,
		zod: () => WireBatch.safeParse(batch).success && batch.events.every((e) => WireEvent.safeParse(e).success),
		plain: () => isBatch(batch) && batch.events.every(isWireEvent),
		prepare: () => prepare(batch, sender).rows.length,
		encode: () => encode(rows),
		all: () => encode(prepare(read(), sender).rows),
	};
}

export default {
	async fetch(request: Request): Promise<Response> {
		const query = new URL(request.url).searchParams;
		const step = steps(await request.arrayBuffer())[query.get("step") ?? ""];
		if (!step) return new Response("no such step", { status: 404 });
		for (let i = 0; i < Number(query.get("n")); i++) {
			if (!step()) return new Response("the step failed", { status: 500 });
		}
		return new Response("done");
	},
};
