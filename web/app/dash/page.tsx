/** /dashboards, /d/:uid and /kiosk, within the workspace of a signed-in person. */
import { place } from "../route.ts";
import "../theme/dash.css";
import { DashboardPage } from "./dashboard.tsx";
import { KioskPage } from "./kiosk.tsx";
import { ListPage } from "./list.tsx";

export function DashPage() {
	const here = place.value;
	if (here.at === "kiosk") return <KioskPage />;
	return here.at === "dashboard" ? <DashboardPage uid={here.uid} edit={here.edit} /> : <ListPage />;
}
