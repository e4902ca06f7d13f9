/** Dashboards as bytes from outside: bodies of requests, and files. */
import type { Context } from "hono";
import * as z from "zod";
import { DashboardFile, type DashboardRecord } from "../../schema/dashboard.ts";
import { DASHBOARD_SCHEMA_PATH } from "../../schema/dashboard-schema.ts";
import { upgradeInside } from "../../schema/dashboard-upgrade.ts";
import { check, readBody } from "./validate.ts";

/** A dashboard may be indented, and escaped: the bound of its own bytes is told when it is stored. */
const BODY_BYTES = 1024 * 1024;

/** The JSON body by the schema, its `dashboard` of whatever schema version. Problem 400 with `errors` by path, 413. */
export async function readDashboard<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
	return check(schema, upgradeInside(await readBody(c, z.unknown(), BODY_BYTES)));
}

/** An exported file. Problem 400, 413. */
export const readFile = (c: Context): Promise<DashboardFile> => readDashboard(c, DashboardFile);

/** The file of an export; `url` tells this server's address. */
export function toFile({ uid, dashboard }: DashboardRecord, url: string): Response {
	const $schema = new URL(DASHBOARD_SCHEMA_PATH, url).href;
	const file: DashboardFile = { $schema, nowcast: "dashboard", uid, dashboard };
	return new Response(`${JSON.stringify(file, null, "\t")}\n`, {
		headers: {
			"content-type": "application/json",
			"content-disposition": `attachment; filename="${fileName(dashboard.title)}.json"`,
			"cache-control": "no-store",
		},
	});
}

/** Letters and digits only: what any disk takes. */
const fileName = (title: string): string =>
	title
		.normalize("NFKD")
		.replace(/\p{M}/gu, "")
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-")
		.replace(/^-+|-+$/g, "") || "dashboard";
