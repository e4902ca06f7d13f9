/**
 * Dashboards: the resource, its versions, templates, and files. Answers are DashboardRecords themselves; changes say
 * which version they started from, and are answered 409 with `current` where that is not the newest.
 */
import { type Context, Hono } from "hono";
import * as z from "zod";
import { DashboardChange, type DashboardRecord, NewDashboard, PanelAddition } from "../../schema/dashboard.ts";
import { differences } from "../../schema/dashboard-diff.ts";
import { DASHBOARD_SCHEMA_PATH, dashboardSchema } from "../../schema/dashboard-schema.ts";
import { Problem } from "../../schema/problem.ts";
import { TEMPLATES, templateOf } from "../../schema/templates.ts";
import { deleteDashboard, listDashboards, listVersions } from "../store/dashboards.ts";
import { type ApiEnv, requireScope } from "./auth.ts";
import { addPanel, create, type Editor, panelWords, recordOf, replace, versionRecord } from "./dashboard-change.ts";
import { readDashboard, readFile, toFile } from "./dashboard-file.ts";
import { ListParams, selected, tagsOf, toSummary } from "./dashboard-list.ts";
import { siteOf } from "./saved.ts";
import { check, readBody, readParams } from "./validate.ts";

const editorOf = (c: Context<ApiEnv>): Editor => {
	const principal = c.get("principal");
	return { env: c.env, tenant: siteOf(principal), by: principal.actor, at: Date.now() };
};

/** What the audit log says of it: an id that is not the path's, and the title. */
function noted(c: Context<ApiEnv>, record: DashboardRecord, words = ""): DashboardRecord {
	c.set("audit", { target: record.uid, detail: record.dashboard.title + words });
	return record;
}

const VersionNumber = z.coerce.number().int().positive();
const VersionParams = z.strictObject({ to: VersionNumber.optional() });
const ImportParams = z
	.strictObject({ replace: z.string().max(40).optional(), version: VersionNumber.optional() })
	.refine((params) => (params.replace === undefined) === (params.version === undefined), {
		message: "say which dashboard to replace, and at which version: ?replace=UID&version=N, or neither",
	});
const Duplication = z.strictObject({ title: z.string().trim().min(1).max(100).optional() });
const Restoration = z.strictObject({ version: z.int().positive() });

/** Nothing at all is an empty object: all that it could say may be left out. */
const readOptional = async <T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> =>
	(await c.req.text()) === "" ? check(schema, {}) : readBody(c, schema);

const versionIn = (c: Context): number => check(z.object({ version: VersionNumber }), c.req.param()).version;

/** A title has at most 100 characters. */
const copyOf = (title: string): string => `${title.slice(0, 93).toWellFormed().trimEnd()} (copy)`;

async function created(c: Context<ApiEnv>, { dashboard, template, message }: z.output<typeof NewDashboard>) {
	if ((dashboard === undefined) === (template === undefined)) {
		throw new Problem(400, "invalid", "Send either a dashboard, or the id of a template.");
	}
	if (dashboard) return create(editorOf(c), dashboard, message);
	const found = templateOf(template ?? "");
	if (found) return create(editorOf(c), found.dashboard, message || `From the template “${found.title}”`);
	const ids = TEMPLATES.map(({ id }) => id).join(", ");
	throw new Problem(422, "no_template", `There is no template ${JSON.stringify(template)}. There are: ${ids}.`);
}

/** Where the file says nothing else, an import is a new dashboard. */
async function imported(c: Context<ApiEnv>): Promise<DashboardRecord> {
	const { replace: uid, version } = readParams(c, ImportParams);
	const { dashboard } = await readFile(c);
	if (uid === undefined || version === undefined) return create(editorOf(c), dashboard, "Imported");
	return replace(editorOf(c), uid, version, dashboard, "Imported");
}

/** A day: the schema changes with a release, and then only grows. */
const SCHEMA_HEADERS = { "cache-control": "public, max-age=86400", "access-control-allow-origin": "*" };

/** Reading: scope `read`, changing: `edit`; the JSON Schema is public. Problem 400, 401, 403, 404, 409, 413, 422. */
export const dashboards = new Hono<ApiEnv>()
	.get(DASHBOARD_SCHEMA_PATH, (c) => {
		const schema = dashboardSchema(new URL(DASHBOARD_SCHEMA_PATH, c.req.url).href);
		return c.json(schema, 200, { ...SCHEMA_HEADERS, "content-type": "application/schema+json" });
	})
	.get("/v1/dashboards", requireScope("read"), async (c) => {
		const params = readParams(c, ListParams);
		const rows = await listDashboards(c.env, c.get("principal").tenant);
		return c.json({ dashboards: selected(rows, params).map(toSummary), tags: tagsOf(rows) });
	})
	.post("/v1/dashboards", requireScope("edit"), async (c) =>
		c.json(noted(c, await created(c, await readDashboard(c, NewDashboard))), 201),
	)
	.get("/v1/dashboards/templates", requireScope("read"), (c) =>
		c.json({
			templates: TEMPLATES.map(({ id, title, description, dashboard }) => ({
				id,
				title,
				description,
				panels: dashboard.panels.length,
			})),
		}),
	)
	.post("/v1/dashboards/import", requireScope("edit"), async (c) => c.json(noted(c, await imported(c)), 201))
	.get("/v1/dashboards/:uid", requireScope("read"), async (c) =>
		c.json(await recordOf(c.env, c.get("principal").tenant, c.req.param("uid"))),
	)
	.put("/v1/dashboards/:uid", requireScope("edit"), async (c) => {
		const { dashboard, version, message } = await readDashboard(c, DashboardChange);
		return c.json(noted(c, await replace(editorOf(c), c.req.param("uid"), version, dashboard, message)));
	})
	.delete("/v1/dashboards/:uid", requireScope("edit"), async (c) => {
		const { env, tenant, at } = editorOf(c);
		const uid = c.req.param("uid");
		noted(c, await recordOf(env, tenant, uid));
		await deleteDashboard(env, tenant, uid, at);
		return c.json({ uid, deleted: true });
	})
	.post("/v1/dashboards/:uid/duplicate", requireScope("edit"), async (c) => {
		const { title } = await readOptional(c, Duplication);
		const { dashboard } = await recordOf(c.env, siteOf(c.get("principal")), c.req.param("uid"));
		const copy = { ...dashboard, title: title ?? copyOf(dashboard.title) };
		return c.json(noted(c, await create(editorOf(c), copy, `Copied from “${dashboard.title}”`)), 201);
	})
	.post("/v1/dashboards/:uid/panels", requireScope("edit"), async (c) => {
		const { panel } = await readBody(c, PanelAddition);
		const { record, panel: added } = await addPanel(editorOf(c), c.req.param("uid"), panel);
		return c.json({ record: noted(c, record, `: added ${panelWords(added)}`), panel: added.id }, 201);
	})
	.get("/v1/dashboards/:uid/versions", requireScope("read"), async (c) => {
		const { tenant } = c.get("principal");
		const uid = c.req.param("uid");
		await recordOf(c.env, tenant, uid);
		return c.json({ versions: await listVersions(c.env, tenant, uid) });
	})
	.get("/v1/dashboards/:uid/versions/:version", requireScope("read"), async (c) =>
		c.json(await versionRecord(c.env, c.get("principal").tenant, c.req.param("uid"), versionIn(c))),
	)
	.get("/v1/dashboards/:uid/versions/:version/diff", requireScope("read"), async (c) => {
		const { tenant } = c.get("principal");
		const uid = c.req.param("uid");
		const { to } = readParams(c, VersionParams);
		const [before, after] = await Promise.all([
			versionRecord(c.env, tenant, uid, versionIn(c)),
			to === undefined ? recordOf(c.env, tenant, uid) : versionRecord(c.env, tenant, uid, to),
		]);
		return c.json({ differences: differences(before.dashboard, after.dashboard) });
	})
	.post("/v1/dashboards/:uid/versions/:version/restore", requireScope("edit"), async (c) => {
		const { version } = await readBody(c, Restoration);
		const editor = editorOf(c);
		const old = await versionRecord(c.env, editor.tenant, c.req.param("uid"), versionIn(c));
		const restored = await replace(editor, old.uid, version, old.dashboard, `Restored version ${old.version}`);
		return c.json(noted(c, restored, `: version ${old.version}`));
	})
	.get("/v1/dashboards/:uid/export", requireScope("read"), async (c) =>
		toFile(await recordOf(c.env, c.get("principal").tenant, c.req.param("uid")), c.req.url),
	);
