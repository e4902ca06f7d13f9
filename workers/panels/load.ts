/** The dashboard of a panel that is asked for, as an isolate remembers it: a page of panels asks for it many times. */
import type { Dashboard } from "../../schema/dashboard.ts";
import { decodeDashboard } from "../../schema/dashboard-upgrade.ts";
import type { TenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import { available } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { IsolateCache } from "../store/cache.ts";
import { dashboardByUid } from "../store/dashboards.ts";

interface Loaded {
	version: number;
	dashboard: Dashboard;
}

/** A save is seen within 2 s, and at once by whoever names its version. Without D1 dashboards stay for 10 min. */
const loaded = new IsolateCache<Loaded>({ freshMs: 2_000, staleMs: 600_000, retryMs: 5_000, entries: 1_000 });

/** `version`: no older one will do, where the store answers. Problem 404 `no_dashboard`, 503. */
export async function loadDashboard(env: Env, tenant: TenantId, uid: string, version = 0): Promise<Dashboard> {
	const key = `${tenant}/${uid}`;
	const load = () => readDashboard(env, tenant, uid);
	const known = await available(loaded.get(key, load));
	if (known.version >= version) return known.dashboard;
	loaded.expire(key);
	return (await available(loaded.get(key, load))).dashboard;
}

async function readDashboard(env: Env, tenant: TenantId, uid: string): Promise<Loaded> {
	const row = await dashboardByUid(env, tenant, uid);
	if (row === undefined) throw noSuchDashboard(uid);
	return { version: row.version, dashboard: decodeDashboard(row.body) };
}

export const noSuchDashboard = (uid: string) =>
	new Problem(404, "no_dashboard", `There is no dashboard ${JSON.stringify(uid)}.`);
