/** Panels on the clipboard: JSON that says what it is, or a bare panel that somebody wrote. */
import * as z from "zod";
import { Panel } from "../../../../../schema/dashboard.ts";

const Copied = z.object({ nowcast: z.literal("panel"), panel: Panel });

export const textOfPanel = (panel: Panel): string => JSON.stringify({ nowcast: "panel", panel }, null, "\t");

/** The panel in a text; null where there is none. */
export function panelIn(text: string): Panel | null {
	try {
		const value: unknown = JSON.parse(text);
		const copied = Copied.safeParse(value);
		return copied.success ? copied.data.panel : (Panel.safeParse(value).data ?? null);
	} catch {
		return null;
	}
}
