/** Every test file starts with D1 at the newest schema. Applied migrations are skipped. */
import { applyD1Migrations, env } from "cloudflare:test";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
