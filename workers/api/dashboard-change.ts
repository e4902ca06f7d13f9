/** Reading and changing dashboards as the routes do: checked, bounded, and each change from a version. */
import * as z from "zod";
import {
	type Author,
	type Dashboard,
	type DashboardRecord,
	MAX_DASHBOARD_BYTES,
	MAX_PANELS,
	Panel,
} from "../../schema/dashboard.ts";
import { faultsOf } from "../../schema/dashboard-check.ts";
import { decodeDashboard } from "../../schema/dashboard-upgrade.ts";
import type { TenantId } from "../../schema/ids.ts";
import { DEFAULT_SIZE, freePanelId, placeAtEnd } from "../../schema/panel-place.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import {
	type DashboardRow,
	dashboardByUid,
	insertDashboard,
	MAX_DASHBOARDS,
	updateDashboard,
	versionOf,
} from "../store/dashboards.ts";
import { randomId } from "./secrets.ts";
import { check } from "./validate.ts";

/** Who changes a site's dashboards, and when. */
export interface Editor {
	env: Env;
	tenant: TenantId;
	by: Author;
	/** Epoch ms. */
	at: number;
}

const noDashboard = (uid: string) =>
	new Problem(404, "no_dashboard", `There is no dashboard ${JSON.stringify(uid)} here.`);

const toRecord = (row: DashboardRow): DashboardRecord => ({
	uid: row.uid,
	version: row.version,
	created_at: row.createdAt,
	created_by: row.createdBy,
	updated_at: row.updatedAt,
	updated_by: row.updatedBy,
	dashboard: decodeDashboard(row.body),
});

/** The newest version. Problem 404. */
export async function recordOf(env: Env, tenant: TenantId, uid: string): Promise<DashboardRecord> {
	const row = await dashboardByUid(env, tenant, uid);
	if (!row) throw noDashboard(uid);
	return toRecord(row);
}

/** A version: `updated` says who made it, and when. Problem 404. */
export async function versionRecord(
	env: Env,
	tenant: TenantId,
	uid: string,
	version: number,
): Promise<DashboardRecord> {
	const [row, kept] = await Promise.all([dashboardByUid(env, tenant, uid), versionOf(env, tenant, uid, version)]);
	if (!row) throw noDashboard(uid);
	if (!kept) throw new Problem(404, "no_version", `Version ${version} of this dashboard is not kept.`);
	return toRecord({ ...row, body: kept.body, version, updatedAt: kept.at, updatedBy: kept.by });
}

/** Problem 413, 422 `dashboard` with `errors` by path. */
function assertUsable(dashboard: Dashboard): void {
	const bytes = new TextEncoder().encode(JSON.stringify(dashboard)).length;
	if (bytes > MAX_DASHBOARD_BYTES) {
		const detail = `A dashboard has at most ${MAX_DASHBOARD_BYTES} bytes of JSON; this one has ${bytes}.`;
		throw new Problem(413, "too_large", detail);
	}
	const errors = faultsOf(dashboard);
	const [first] = errors;
	if (first) throw new Problem(422, "dashboard", `${first.path}: ${first.message}.`, { extra: { errors } });
}

/** A new one, as version 1. Problem 413, 422. */
export async function create(editor: Editor, dashboard: Dashboard, message: string): Promise<DashboardRecord> {
	const { env, tenant, by, at } = editor;
	assertUsable(dashboard);
	const uid = randomId("d_");
	if (!(await insertDashboard(env, tenant, uid, { dashboard, by, at, message }))) {
		throw new Problem(422, "too_many", `A site has at most ${MAX_DASHBOARDS} dashboards: delete one first.`);
	}
	return { uid, version: 1, created_at: at, created_by: by, updated_at: at, updated_by: by, dashboard };
}

/** The next version, from `version`. Problem 404, 409 `version` with `current`, 413, 422. */
export async function replace(
	editor: Editor,
	uid: string,
	version: number,
	dashboard: Dashboard,
	message: string,
): Promise<DashboardRecord> {
	const { env, tenant, by, at } = editor;
	const before = await dashboardByUid(env, tenant, uid);
	if (!before) throw noDashboard(uid);
	assertUsable(dashboard);
	if (!(await updateDashboard(env, tenant, uid, version, { dashboard, by, at, message }))) {
		throw stale(version, await recordOf(env, tenant, uid));
	}
	const made = { created_at: before.createdAt, created_by: before.createdBy };
	return { uid, version: version + 1, ...made, updated_at: at, updated_by: by, dashboard };
}

function stale(from: number, current: DashboardRecord): Problem {
	const who = current.updated_by.name;
	const detail = `The dashboard is at version ${current.version}, by ${who}; the change started from version ${from}. Merge them, or load the newest.`;
	return new Problem(409, "version", detail, { extra: { current } });
}

/** So that what is wrong with it is told as of `panel`. */
const PanelOnly = z.object({ panel: Panel });

/** Several people may add panels at once: each of so many tries starts from what is newest then. */
const TRIES = 8;

/** What versions and the log call it. */
export const panelWords = ({ title }: Panel): string => (title === "" ? "a panel" : `the panel “${title}”`);

/** Adds a panel at the end, whatever its `id` and `grid`. Problem 400, 404, 409, 422. */
export async function addPanel(
	editor: Editor,
	uid: string,
	input: Record<string, unknown>,
): Promise<{ record: DashboardRecord; panel: Panel }> {
	const { panel: sized } = check(PanelOnly, { panel: { ...input, id: "new", grid: { x: 0, y: 0, w: 12, h: 8 } } });
	for (let tries = 1; ; tries++) {
		const { version, dashboard } = await recordOf(editor.env, editor.tenant, uid);
		const { panels } = dashboard;
		if (panels.length >= MAX_PANELS) {
			throw new Problem(422, "too_many", `A dashboard has at most ${MAX_PANELS} panels.`);
		}
		const grid = placeAtEnd(panels, DEFAULT_SIZE[sized.kind]);
		const panel: Panel = { ...sized, id: freePanelId(panels), grid };
		try {
			const next = { ...dashboard, panels: [...panels, panel] };
			return { record: await replace(editor, uid, version, next, `Added ${panelWords(panel)}`), panel };
		} catch (error) {
			const isStale = error instanceof Problem && error.code === "version";
			if (!isStale || tries === TRIES) throw error;
		}
	}
}
