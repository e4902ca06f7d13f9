/** Dashboards to begin with. They ask for events as the demo shop and the beacon name them; a copy is changed like any other. */
import { Dashboard, type DashboardInput } from "./dashboard.ts";
import { operations } from "./templates/operations.ts";
import { product } from "./templates/product.ts";
import { revenue } from "./templates/revenue.ts";
import { web } from "./templates/web.ts";

export interface Template {
	id: string;
	title: string;
	description: string;
	/** As an answer has it: every default said. Parsed when it is first asked for. */
	readonly dashboard: Dashboard;
}

function template(id: string, input: DashboardInput): Template {
	let parsed: Dashboard | undefined;
	return {
		id,
		title: input.title,
		description: input.description ?? "",
		get dashboard() {
			parsed ??= Dashboard.parse(input);
			return parsed;
		},
	};
}

export const TEMPLATES: readonly Template[] = [
	template("web", web),
	template("product", product),
	template("revenue", revenue),
	template("operations", operations),
];

export const templateOf = (id: string): Template | undefined => TEMPLATES.find((each) => each.id === id);
