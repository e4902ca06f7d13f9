/** Whoever runs the server of archive-server.ts: moves its clock, and looks into the files of its stores. */
import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import type { Nowcast } from "./nowcast.ts";

/** What archive-server.ts does on a message, and what comes back. */
const Command = z.discriminatedUnion("do", [
	z.object({ do: z.literal("cron"), at: z.number() }),
	z.object({ do: z.literal("write"), sql: z.string() }),
]);
export type Command = z.infer<typeof Command>;
export const Message = z.object({ id: z.int(), command: Command });
const Reply = z.object({ id: z.int(), error: z.string().nullable() });

const SegmentRow = z.object({
	key: z.string(),
	partition: z.int(),
	day: z.string(),
	source: z.string(),
	replaced_at: z.number().nullable(),
});
export type SegmentRow = z.infer<typeof SegmentRow>;
const JobRow = z.object({
	kind: z.string(),
	status: z.string(),
	step: z.string(),
	state: z.string().transform((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text))),
	error: z.string().nullable(),
	due_at: z.number(),
});
export type JobRow = z.infer<typeof JobRow>;
const ObjectRow = z.object({ key: z.string(), blob_id: z.string() });

const HOUR = 3_600_000;
/** Where Miniflare keeps what is in D1, and in R2. */
const D1 = "v1/d1/miniflare-D1DatabaseObject";
const R2 = "v1/r2/miniflare-R2BucketObject";
const BLOBS = "v1/r2/nowcast-archive/blobs";

let calls = 0;

export class Operator {
	readonly #nowcast: Nowcast;
	readonly #site: string;

	constructor(nowcast: Nowcast, site: string) {
		this.#nowcast = nowcast;
		this.#site = site;
	}

	/** As the cron runs in the first minute of an hour, when compaction looks at all days. */
	cron(at = Date.now() - (Date.now() % HOUR)): Promise<void> {
		return this.#call({ do: "cron", at });
	}

	catalogue(): SegmentRow[] {
		return this.#read(SegmentRow, D1, "SELECT * FROM archive_segments WHERE tenant = ?", this.#site);
	}

	jobs(): JobRow[] {
		return this.#read(JobRow, D1, "SELECT * FROM jobs WHERE site = ?", this.#site);
	}

	/** The site's segments on R2, catalogued or not, by key; and the files they are in. */
	objects(): Map<string, string> {
		const rows = this.#read(ObjectRow, R2, "SELECT * FROM _mf_objects WHERE key LIKE ?", `v1/${this.#site}/segments/%`);
		return new Map(rows.map(({ key, blob_id }) => [key, join(this.#nowcast.dataDir, BLOBS, blob_id)]));
	}

	/** As if what jobs wait for (a lease of a step that was killed, a pause after a failure) were over. */
	async hoursPass(statuses: readonly ("waiting" | "running")[]): Promise<void> {
		const list = statuses.map((status) => `'${status}'`).join(", ");
		await this.#write(`UPDATE jobs SET due_at = 0 WHERE site = '${this.#site}' AND status IN (${list})`);
		await this.cron();
	}

	/** From now on D1 refuses such a write: what was done before it stays, and nobody knows of it. */
	refuse(write: string): Promise<void> {
		return this.#write(`CREATE TRIGGER refused BEFORE ${write} BEGIN SELECT RAISE(ABORT, 'refused'); END`);
	}

	refuseNothing(): Promise<void> {
		return this.#write("DROP TRIGGER IF EXISTS refused");
	}

	#write(sql: string): Promise<void> {
		return this.#call({ do: "write", sql });
	}

	#read<T extends z.ZodType>(row: T, store: string, sql: string, value: string): z.output<T>[] {
		const folder = join(this.#nowcast.dataDir, store);
		const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
		const database = new DatabaseSync(join(folder, file), { readOnly: true });
		try {
			return z.array(row).parse(database.prepare(sql).all(value));
		} finally {
			database.close();
		}
	}

	/** Fails where the server's process ends before it answered. */
	#call(command: Command): Promise<void> {
		const { process } = this.#nowcast;
		const id = calls++;
		return new Promise((resolve, reject) => {
			const heard = (message: unknown) => {
				const reply = Reply.parse(message);
				if (reply.id === id) end(() => (reply.error === null ? resolve() : reject(new Error(reply.error))));
			};
			const gone = () => end(() => reject(new Error("the server is gone")));
			const end = (settle: () => void) => {
				process.off("message", heard).off("exit", gone);
				settle();
			};
			process.setMaxListeners(100).on("message", heard).once("exit", gone);
			if (!takesMessages(process)) return gone();
			process.send({ id, command }, (error) => error && gone());
		});
	}
}

type Talking = ChildProcess & { send: NonNullable<ChildProcess["send"]> };
const takesMessages = (process: ChildProcess): process is Talking => process.connected;
