import { expect, it } from "vitest";
import { actionOf } from "./audit.ts";

it.each([
	["POST", "/v1/dashboards", "dashboards.create"],
	["PUT", "/v1/dashboards/:uid", "dashboards.update"],
	["DELETE", "/v1/dashboards/:uid", "dashboards.delete"],
	["POST", "/v1/dashboards/:uid/duplicate", "dashboards.duplicate"],
	["POST", "/v1/dashboards/:uid/versions/:n/restore", "dashboards.restore"],
	["POST", "/v1/dashboards/import", "dashboards.import"],
	["POST", "/v1/dashboards/:uid/panels", "dashboards.update"],
	["POST", "/v1/dashboards/:uid/shares", "shares.create"],
	["DELETE", "/v1/shares/:id", "shares.delete"],
	["POST", "/v1/digests/:id/send", "digests.send"],
	["PATCH", "/v1/members/:user", "members.update"],
	["POST", "/v1/members/:user/reset", "members.reset"],
	["POST", "/v1/invitations/accept", "invitations.accept"],
	["POST", "/v1/session", "session.create"],
	["POST", "/v1/session/demo", "session.create"],
	["DELETE", "/v1/sessions", "sessions.delete"],
	["POST", "/v1/account/password", "account.password"],
	["DELETE", "/v1/visitors/:visitor", "visitors.delete"],
])("%s %s is %s", (method, path, action) => {
	expect(actionOf(method, path)).toBe(action);
});

it.each([
	["GET", "/v1/dashboards"],
	["POST", "/v1/query"],
	["POST", "/v1/tickets"],
	["POST", "/v1/events"],
	["POST", "/v1/panels/query"],
	["POST", "/v1/panels/variable"],
	["POST", "/v1/dashboards/:uid/panels/:panel/query"],
	["POST", "/v1/dashboards/:uid/variables/:name"],
	["POST", "/v1/*"],
])("%s %s changes nothing", (method, path) => {
	expect(actionOf(method, path)).toBeNull();
});
