import { expect, test } from "vitest";
import { placeOf } from "./route.ts";

test("the path says the place", () => {
	expect(placeOf("/")).toEqual({ at: "site" });
	expect(placeOf("/dashboards")).toEqual({ at: "dashboards" });
	expect(placeOf("/d/")).toEqual({ at: "dashboards" });
	expect(placeOf("/dashboards/new")).toEqual({ at: "new-dashboard" });
	expect(placeOf("/d/web%20one")).toEqual({ at: "dashboard", uid: "web one", edit: false });
	expect(placeOf("/d/abc/edit")).toEqual({ at: "dashboard", uid: "abc", edit: true });
	expect(placeOf("/kiosk")).toEqual({ at: "kiosk" });
	expect(placeOf("/settings/members")).toEqual({ at: "settings", tab: "members" });
	expect(placeOf("/settings")).toEqual({ at: "settings", tab: "" });
	expect(placeOf("/share/shr_1")).toEqual({ at: "shared", share: "shr_1", embedded: false });
	expect(placeOf("/embed/shr_1/")).toEqual({ at: "shared", share: "shr_1", embedded: true });
	expect(placeOf("/invite")).toEqual({ at: "invitation" });
});

test("a path that leads nowhere, or is not well formed, is no crash", () => {
	for (const path of ["/elsewhere", "/share", "//"]) expect(placeOf(path)).toEqual({ at: "site" });
	expect(placeOf("/d/%E0%A4%A")).toEqual({ at: "dashboard", uid: "%E0%A4%A", edit: false });
});
