/** The operations of dashboards and people, for openapi.ts. */
import * as z from "zod";
import { Annotation, AnnotationChange, NewAnnotation } from "../../schema/annotation.ts";
import {
	Dashboard,
	DashboardChange,
	DashboardFile,
	DashboardRecord,
	DashboardSummary,
	Difference,
	NewDashboard,
	Panel,
	PanelAddition,
	VersionSummary,
} from "../../schema/dashboard.ts";
import { Digest, DigestChange, NewDigest } from "../../schema/digest.ts";
import {
	PanelAnswer,
	PanelPreview,
	PanelRequest,
	VariableAnswer,
	VariablePreview,
	VariableRequest,
} from "../../schema/panel.ts";
import {
	Acceptance,
	AccountChange,
	AuditEntry,
	Invitation,
	Member,
	MemberChange,
	NewInvitation,
	PasswordChange,
	Session,
	SignIn,
} from "../../schema/people.ts";
import { NewShare, Share, Shared } from "../../schema/share.ts";
import type { Operation } from "./openapi.ts";

/** Schemas that many operations name. */
export const NAMED: [z.ZodType, string][] = [
	[Panel, "Panel"],
	[Dashboard, "Dashboard"],
	[DashboardRecord, "DashboardRecord"],
	[PanelAnswer, "PanelAnswer"],
];

type Details = Partial<Pick<Operation, "params" | "body" | "answer" | "status" | "csv" | "problems">>;

/** `"POST /v1/dashboards"`; its path's parameters are strings. */
function op(route: string, summary: string, scopes: string[], details: Details = {}): Operation {
	const [method = "", path = ""] = route.split(" ");
	const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, z.string()] as const);
	const inPath = z.object(Object.fromEntries(names));
	const params = details.params ? details.params.extend(inPath.shape) : names.length > 0 ? inPath : undefined;
	const problems = [...(details.body ? [400] : []), ...(names.length > 0 ? [404] : []), 503];
	return {
		method: method.toLowerCase() as Operation["method"],
		path,
		summary,
		scopes,
		status: 200,
		...details,
		problems: [...new Set([...problems, ...(details.problems ?? [])])],
		...(params && { params }),
	};
}

const READ = ["read"];
const EDIT = ["edit"];
const ADMIN = ["admin"];
const SHARE = ["share"];
const READ_OR_SHARE = [...READ, ...SHARE];
const text = z.string().optional();
const several = <Name extends string>(name: Name, one: z.ZodType) => z.object({ [name]: z.array(one) });
const one = "/v1/dashboards/{uid}";
const PANEL = { answer: PanelAnswer, csv: true, problems: [422, 429] };
const VARIABLE = { answer: VariableAnswer, problems: [422, 429] };

const DASHBOARDS: Operation[] = [
	op("GET /v1/dashboards", "Dashboards, and their tags.", READ, {
		params: z.object({ search: text, tag: text, sort: z.enum(["title", "updated"]).optional() }),
		answer: z.object({
			dashboards: z.array(DashboardSummary),
			tags: z.array(z.object({ tag: z.string(), count: z.int() })),
		}),
	}),
	op("POST /v1/dashboards", "Makes a dashboard, whole or from a template.", EDIT, {
		body: NewDashboard,
		status: 201,
		answer: DashboardRecord,
		problems: [413, 422],
	}),
	op("GET /v1/dashboards/templates", "Dashboards to begin with.", READ),
	op("POST /v1/dashboards/import", "Takes an exported dashboard back, as a new one.", EDIT, {
		params: z.object({ replace: text, version: text }),
		body: DashboardFile,
		status: 201,
		answer: DashboardRecord,
		problems: [409, 413, 422],
	}),
	op("GET /v1/dashboard.schema.json", "JSON Schema of a dashboard.", []),
	op(`GET ${one}`, "A dashboard.", READ, { answer: DashboardRecord }),
	op(`PUT ${one}`, "Changes a dashboard, from the version given.", EDIT, {
		body: DashboardChange,
		answer: DashboardRecord,
		problems: [409, 413, 422],
	}),
	op(`DELETE ${one}`, "Deletes a dashboard, its versions and its shared links.", EDIT),
	op(`POST ${one}/duplicate`, "Copies a dashboard.", EDIT, { status: 201, answer: DashboardRecord }),
	op(`POST ${one}/panels`, "Adds a panel at the end.", EDIT, { body: PanelAddition, status: 201, problems: [422] }),
	op(`GET ${one}/versions`, "Its versions.", READ, { answer: several("versions", VersionSummary) }),
	op(`GET ${one}/versions/{version}`, "A version.", READ, { answer: DashboardRecord }),
	op(`GET ${one}/versions/{version}/diff`, "What differs between two versions.", READ, {
		params: z.object({ to: text }),
		answer: several("differences", Difference),
	}),
	op(`POST ${one}/versions/{version}/restore`, "Makes an older version the newest.", EDIT, {
		answer: DashboardRecord,
		problems: [409],
	}),
	op(`GET ${one}/export`, "The dashboard as a file.", READ, { answer: DashboardFile }),
	op(`POST ${one}/panels/{panel}/query`, "Answers a panel; many who ask the same cost one execution.", READ_OR_SHARE, {
		body: PanelRequest,
		...PANEL,
	}),
	op("POST /v1/panels/query", "Answers a panel that is not saved.", READ, { body: PanelPreview, ...PANEL }),
	op(`POST ${one}/variables/{name}`, "What a variable may be.", READ_OR_SHARE, { body: VariableRequest, ...VARIABLE }),
	op("POST /v1/panels/variable", "What a variable that is not saved may be.", READ, {
		body: VariablePreview,
		...VARIABLE,
	}),
	op("GET /v1/annotations", "What happened when.", READ, {
		params: z.object({ from: text, to: text, dashboard: text, tag: text }),
		answer: several("annotations", Annotation),
	}),
	op("POST /v1/annotations", "Annotates a moment or a stretch.", EDIT, {
		body: NewAnnotation,
		status: 201,
		answer: Annotation,
	}),
	op("PUT /v1/annotations/{id}", "Changes an annotation, from the version given.", EDIT, {
		body: AnnotationChange,
		answer: Annotation,
		problems: [409],
	}),
	op("DELETE /v1/annotations/{id}", "Deletes an annotation.", EDIT),
];

const SHARING: Operation[] = [
	op(`GET ${one}/shares`, "Its shared links.", READ, { answer: several("shares", Share) }),
	op(`POST ${one}/shares`, "Makes a shared link: shown once.", EDIT, { body: NewShare, status: 201, answer: Share }),
	op("GET /v1/shares", "The site's shared links.", READ, { answer: several("shares", Share) }),
	op("DELETE /v1/shares/{id}", "Revokes a shared link: dead everywhere within 60 s.", EDIT),
	op("GET /v1/shared", "What a shared link opens.", SHARE, { answer: Shared }),
	op("GET /v1/shared/annotations", "The annotations of what a shared link opens.", SHARE, {
		params: z.object({ from: text, to: text }),
		answer: several("annotations", Annotation),
	}),
	op("GET /v1/digests", "Scheduled digests.", READ, { answer: several("digests", Digest) }),
	op("POST /v1/digests", "Sends a dashboard's figures to a webhook every day or week.", EDIT, {
		body: NewDigest,
		status: 201,
		answer: Digest,
		problems: [422],
	}),
	op("PUT /v1/digests/{id}", "Changes a digest, from the version given.", EDIT, {
		body: DigestChange,
		answer: Digest,
		problems: [409, 422],
	}),
	op("DELETE /v1/digests/{id}", "Deletes a digest.", EDIT),
	op("POST /v1/digests/{id}/send", "Sends a digest now.", EDIT),
];

const PEOPLE: Operation[] = [
	op("POST /v1/session", "Signs in: the answer sets a cookie.", [], {
		body: SignIn,
		answer: Session,
		problems: [401, 429],
	}),
	op("GET /v1/session", "Who is signed in, and what that person sees.", ["session"], { answer: Session }),
	op("DELETE /v1/session", "Signs out.", ["session"]),
	op("DELETE /v1/sessions", "Signs out everywhere.", ["session"]),
	op("PATCH /v1/account", "Changes one's name.", ["session"], { body: AccountChange }),
	op("POST /v1/account/password", "Changes one's password; ends the other sessions.", ["session"], {
		body: PasswordChange,
		problems: [429],
	}),
	op("GET /v1/organisations", "Organisations.", READ),
	op("POST /v1/organisations", "Makes an organisation; of a root key.", ADMIN, { status: 201 }),
	op("PATCH /v1/organisations/{id}", "Renames an organisation.", ADMIN),
	op("GET /v1/members", "Who is in the organisation.", ADMIN, { answer: several("members", Member) }),
	op("PATCH /v1/members/{user}", "Changes a role.", ADMIN, { body: MemberChange, problems: [409] }),
	op("DELETE /v1/members/{user}", "Takes a member out.", ADMIN, { problems: [409] }),
	op("POST /v1/members/{user}/reset", "A link that sets a new password.", ADMIN, {
		status: 201,
		answer: Invitation,
	}),
	op("GET /v1/invitations", "Invitations that are open.", ADMIN, { answer: several("invitations", Invitation) }),
	op("POST /v1/invitations", "Invites a person: the answer has the link.", ADMIN, {
		body: NewInvitation,
		status: 201,
		answer: Invitation,
		problems: [409],
	}),
	op("DELETE /v1/invitations/{id}", "Takes an invitation back.", ADMIN),
	op("POST /v1/invitations/accept", "Makes the account of an invitation, and signs in.", [], {
		body: Acceptance,
		answer: Session,
		problems: [404, 429],
	}),
	op("GET /v1/audit", "Who changed what, newest first.", ADMIN, {
		params: z.object({ before: text, limit: text, org: text }),
		answer: z.object({ entries: z.array(AuditEntry), next: z.string().nullable() }),
	}),
];

export const DASHBOARD_OPERATIONS: readonly Operation[] = [...DASHBOARDS, ...SHARING, ...PEOPLE];
