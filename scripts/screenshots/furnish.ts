/** What a team would have made: a dashboard of each template, an annotation, an invitation, a key, a shared link. */
import type { DashboardRecord } from "../../schema/dashboard.ts";
import { TEMPLATES } from "../../schema/templates.ts";

const DAY_MS = 86_400_000;

export interface Furnished {
	/** Dashboards by template. */
	dashboards: ReadonlyMap<string, string>;
	/** A path: a link to the first of them for everybody. */
	link: string;
}

export async function furnish(url: string): Promise<Furnished> {
	const call = async <T>(path: string, body: unknown): Promise<T> => {
		const response = await fetch(`${url}${path}?site=demo`, {
			method: "POST",
			headers: { authorization: "Bearer ak_demo", "content-type": "application/json" },
			body: JSON.stringify(body),
		});
		if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
		return (await response.json()) as T;
	};
	const dashboards = new Map<string, string>();
	for (const { id } of TEMPLATES)
		dashboards.set(id, (await call<DashboardRecord>("/v1/dashboards", { template: id })).uid);
	const at = Date.now() - 3 * DAY_MS;
	await call("/v1/annotations", { at, text: "Released 4.2: new checkout", tags: ["deploy"] });
	await call("/v1/invitations", { email: "kim@shop.example", role: "editor" });
	await call("/v1/keys", { scope: "edit", name: "Deployments" });
	const [first = ""] = dashboards.values();
	const share = { name: "Board", choose_variables: true };
	const { link } = await call<{ link: string }>(`/v1/dashboards/${first}/shares`, share);
	return { dashboards, link };
}
