/** All files run in one workerd: each starts with a D1 of its own, made by the migrations, and nothing remembered of the last. */
import { applyD1Migrations, env } from "cloudflare:test";
import { forgetKeys } from "./api/auth.ts";

const { results } = await env.DB.prepare(
	"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_*' AND name NOT GLOB 'sqlite_*'",
).all<{ name: string }>();
if (results.length) await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DROP TABLE "${name}"`)));
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
forgetKeys();
