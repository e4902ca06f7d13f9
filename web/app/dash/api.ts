/** The API of dashboards, and of what hangs on them. Every call throws `Failure`, with words for the person. */
import type { Annotation, AnnotationChange, NewAnnotation } from "../../../schema/annotation.ts";
import type {
	Dashboard,
	DashboardFile,
	DashboardInput,
	DashboardRecord,
	DashboardSummary,
	Difference,
	Panel,
	VersionSummary,
} from "../../../schema/dashboard.ts";
import type { PanelAnswer, PanelPreviewInput, PanelRequestInput, VariableAnswer } from "../../../schema/panel.ts";
import type { NewShare, Share, Shared } from "../../../schema/share.ts";
import { Failure, fetchDashboard, send } from "../api.ts";

/** Where a panel is answered from: a saved dashboard, or what the editor has before it is saved. */
export type PanelSource = { uid: string; version: number } | { preview: Partial<Context> };
export type Context = Pick<Dashboard, "variables" | "time" | "timezone">;

const id = encodeURIComponent;

async function json<T>(path: string, init?: RequestInit): Promise<T> {
	const response = await send(path, init);
	return (await response.json()) as T;
}

function post(body: unknown, signal?: AbortSignal, method = "POST"): RequestInit {
	const headers = { "content-type": "application/json" };
	return { method, headers, body: JSON.stringify(body), ...(signal && { signal }) };
}

function search(params: Record<string, string | null | undefined>): string {
	const given = Object.entries(params).flatMap(([name, value]) => (value ? [[name, value]] : []));
	return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

// Dashboards

export interface DashboardList {
	dashboards: DashboardSummary[];
	tags: { tag: string; count: number }[];
}
export const listDashboards = (signal?: AbortSignal) =>
	json<DashboardList>("/v1/dashboards", signal ? { signal } : undefined);

export interface TemplateSummary {
	id: string;
	title: string;
	description: string;
	panels: number;
}
export const listTemplates = async () =>
	(await json<{ templates: TemplateSummary[] }>("/v1/dashboards/templates")).templates;

export const createDashboard = (made: { dashboard?: DashboardInput; template?: string; message?: string }) =>
	json<DashboardRecord>("/v1/dashboards", post(made));
export const duplicateDashboard = (uid: string, title?: string) =>
	json<DashboardRecord>(`/v1/dashboards/${id(uid)}/duplicate`, post(title === undefined ? {} : { title }));
export const deleteDashboard = (uid: string) => send(`/v1/dashboards/${id(uid)}`, { method: "DELETE" });

/** A save, or what somebody else saved in the meantime. */
export type Saved = { saved: DashboardRecord } | { current: DashboardRecord };
export async function saveDashboard(uid: string, dashboard: Dashboard, version: number, message = ""): Promise<Saved> {
	try {
		const saved = await json<DashboardRecord>(
			`/v1/dashboards/${id(uid)}`,
			post({ dashboard, version, message }, undefined, "PUT"),
		);
		return { saved };
	} catch (error) {
		if (!(error instanceof Failure) || error.status !== 409) throw error;
		return { current: await fetchDashboard(uid) };
	}
}

/** The file as text, as it is kept. */
export const exportDashboard = async (uid: string) => (await send(`/v1/dashboards/${id(uid)}/export`)).text();
export const importDashboard = (file: DashboardFile) => json<DashboardRecord>("/v1/dashboards/import", post(file));

export const listVersions = async (uid: string) =>
	(await json<{ versions: VersionSummary[] }>(`/v1/dashboards/${id(uid)}/versions`)).versions;
export const fetchVersion = (uid: string, version: number) =>
	json<DashboardRecord>(`/v1/dashboards/${id(uid)}/versions/${version}`);
export const fetchDifferences = async (uid: string, version: number, to: number) =>
	(await json<{ differences: Difference[] }>(`/v1/dashboards/${id(uid)}/versions/${version}/diff?to=${to}`))
		.differences;
/** `version`: the newest that the person has seen. */
export const restoreVersion = (uid: string, restored: number, version: number) =>
	json<DashboardRecord>(`/v1/dashboards/${id(uid)}/versions/${restored}/restore`, post({ version }));

// Panels and variables

type Asked = Omit<PanelRequestInput, "version">;

function panelPath(panel: Panel, source: PanelSource, request: Asked): [path: string, body: unknown] {
	if ("preview" in source)
		return ["/v1/panels/query", { ...request, panel, context: source.preview } satisfies PanelPreviewInput];
	const path = `/v1/dashboards/${id(source.uid)}/panels/${id(panel.id)}/query`;
	return [path, { ...request, version: source.version } satisfies PanelRequestInput];
}

export function askPanel(panel: Panel, source: PanelSource, request: Asked, signal?: AbortSignal) {
	const [path, body] = panelPath(panel, source, request);
	return json<PanelAnswer>(path, post(body, signal));
}

export async function panelCsv(panel: Panel, source: PanelSource, request: Asked): Promise<Blob> {
	const [path, body] = panelPath(panel, source, request);
	const init = post(body);
	return (await send(path, { ...init, headers: { ...init.headers, accept: "text/csv" } })).blob();
}

type Choosing = { time: Context["time"]; variables: Record<string, string[]> };
export const askVariable = (uid: string, name: string, request: Choosing, signal?: AbortSignal) =>
	json<VariableAnswer>(`/v1/dashboards/${id(uid)}/variables/${id(name)}`, post(request, signal));

// Annotations

export interface AnnotationRange {
	from: string;
	to: string;
	dashboard: string;
}
export const listAnnotations = async (range: AnnotationRange, signal?: AbortSignal) =>
	(await json<{ annotations: Annotation[] }>(`/v1/annotations${search({ ...range })}`, signal ? { signal } : undefined))
		.annotations;
export const createAnnotation = (annotation: typeof NewAnnotation._input) =>
	json<Annotation>("/v1/annotations", post(annotation));
export const updateAnnotation = (annotation: string, change: typeof AnnotationChange._input) =>
	json<Annotation>(`/v1/annotations/${id(annotation)}`, post(change, undefined, "PUT"));
export const deleteAnnotation = (annotation: string) => send(`/v1/annotations/${id(annotation)}`, { method: "DELETE" });

// Shares

export const listShares = async (uid: string) =>
	(await json<{ shares: Share[] }>(`/v1/dashboards/${id(uid)}/shares`)).shares;
export const createShare = (uid: string, share: Partial<NewShare>) =>
	json<Share>(`/v1/dashboards/${id(uid)}/shares`, post(share));
export const revokeShare = (share: string) => send(`/v1/shares/${id(share)}`, { method: "DELETE" });

/** With a link's token: the dashboard that it opens. */
export const fetchShared = () => json<Shared>("/v1/shared", { cache: "no-store" });
export const listSharedAnnotations = async (range: Omit<AnnotationRange, "dashboard">, signal?: AbortSignal) =>
	(
		await json<{ annotations: Annotation[] }>(
			`/v1/shared/annotations${search({ ...range })}`,
			signal ? { signal } : undefined,
		)
	).annotations;
