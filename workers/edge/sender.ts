/** What a request says of everything in it: who sends, from where, with what. */
import type { Principal } from "../api/auth.ts";
import type { Env } from "../env.ts";
import { type Origins, originsOf } from "./origin.ts";
import { type Agent, agentOf } from "./useragent.ts";

export interface Sender {
	principal: Principal;
	/** A browser with a write key: the request itself describes the visitor. Else a server, which speaks of others. */
	publicKey: boolean;
	/** Server time, epoch ms. */
	received: number;
	userAgent: string;
	agent: Agent;
	/** Hashed for cookieless visitors, and never stored or logged. */
	ip: string;
	country: string;
	region: string;
	city: string;
	origins: Origins;
}

const NOBODY = { userAgent: "", agent: agentOf(""), ip: "", country: "", region: "", city: "" };

/** A server's own address, agent and place are nobody's: its events have what their `context` says. */
export function senderOf(request: Request, env: Pick<Env, "LOCAL">, principal: Principal, received: number): Sender {
	const origins = originsOf(principal.site);
	if (principal.scope !== "write") return { principal, publicKey: false, received, origins, ...NOBODY };
	const userAgent = request.headers.get("user-agent") ?? "";
	const local = env.LOCAL === "1";
	return {
		principal,
		publicKey: true,
		received,
		origins,
		userAgent,
		agent: agentOf(userAgent),
		ip: ipOf(request.headers, local),
		...(local ? placeByHeader(request) : placeByEdge(request)),
	};
}

type Where = Pick<Sender, "country" | "region" | "city">;

function placeByEdge(request: Request): Where {
	const cf = request.cf as Partial<Record<"country" | "region" | "city", string>> | undefined;
	return { country: countryOf(cf?.country), region: cf?.region ?? "", city: cf?.city ?? "" };
}

/** One machine has no `request.cf` of its own worth the name: a trusted proxy's headers say more. */
function placeByHeader(request: Request): Where {
	const { headers } = request;
	const country = headers.get("cf-ipcountry");
	if (country === null) return placeByEdge(request);
	return {
		country: countryOf(country),
		region: headers.get("cf-region") ?? "",
		city: headers.get("cf-ipcity") ?? "",
	};
}

/** XX is how the edge says that it does not know. */
const countryOf = (country: string | undefined) =>
	country !== undefined && /^[A-Z][A-Z0-9]$/.test(country) && country !== "XX" ? country : "";

/** Deployed, the edge sets `cf-connecting-ip` and nobody else can. On one machine a proxy may say it in either way. */
function ipOf(headers: Headers, local: boolean): string {
	const ip = headers.get("cf-connecting-ip");
	if (ip !== null || !local) return ip ?? "";
	return headers.get("x-forwarded-for")?.split(",", 1)[0]?.trim() ?? "";
}
