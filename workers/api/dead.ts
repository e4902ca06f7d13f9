import { Hono } from "hono";
import * as z from "zod";
import { Problem } from "../../schema/problem.ts";
import { replay } from "../rollup/dead.ts";
import { type DeadLetter, listDeadLetters } from "../store/dead.ts";
import { type ApiEnv, type Principal, requireScope } from "./auth.ts";
import { readBody, readParams } from "./validate.ts";

const Page = z.strictObject({
	limit: z.coerce.number().int().min(1).max(200).default(50),
	/** `next` of the page before: at, then id, of its last letter. */
	before: z
		.string()
		.regex(/^\d{1,15}\.\S{1,100}$/, "expected the `next` of the page before")
		.optional(),
});
const Replay = z.strictObject({ id: z.string().max(100).optional() });

/** Characters of a body in a list; an overflow batch has 128,000. */
const SHOWN = 1000;

/** Whose letters an admin sees: its site's; root everyone's, or those of the site it named. */
const visibleTenant = (principal: Principal, named: string | undefined): string | null =>
	principal.root && named === undefined ? null : principal.tenant;

const toListed = (letter: DeadLetter) => ({
	id: letter.id,
	queue: letter.queue,
	site: letter.tenant,
	reason: letter.reason,
	body: letter.body.slice(0, SHOWN),
	body_chars: letter.body.length,
	at: new Date(letter.at).toISOString(),
	replayed_at: letter.replayedAt === null ? null : new Date(letter.replayedAt).toISOString(),
});

function cursorOf(text: string | undefined): { at: number; id: string } | undefined {
	if (text === undefined) return undefined;
	const dot = text.indexOf(".");
	return { at: Number(text.slice(0, dot)), id: text.slice(dot + 1) };
}

/** GET /v1/dead, newest first; POST /v1/dead/replay {id?}. Problem 400, 401, 403, 404. */
export const dead = new Hono<ApiEnv>()
	.get("/v1/dead", requireScope("admin"), async (c) => {
		const { limit, before } = readParams(c, Page);
		const tenant = visibleTenant(c.get("principal"), c.req.query("site"));
		const letters = await listDeadLetters(c.env, tenant, limit, cursorOf(before));
		const last = letters.length === limit ? letters.at(-1) : undefined;
		return c.json({ letters: letters.map(toListed), next: last ? `${last.at}.${last.id}` : null });
	})
	.post("/v1/dead/replay", requireScope("admin"), async (c) => {
		const { id } = await readBody(c, Replay);
		const replayed = await replay(c.env, visibleTenant(c.get("principal"), c.req.query("site")), id, Date.now());
		if (id !== undefined && replayed === 0) {
			throw new Problem(404, "no_letter", `There is no letter ${JSON.stringify(id)} here that waits.`);
		}
		c.set("audit", { detail: replayed === 1 ? "1 letter" : `${replayed} letters` });
		return c.json({ replayed });
	});
