import { defineConfig } from "drizzle-kit";

/** `npm run migrations` writes the next SQL step; wrangler and the tests apply them in order. Steps are append-only. */
export default defineConfig({ dialect: "sqlite", schema: "./schema/d1/tables.ts", out: "./schema/d1/migrations" });
