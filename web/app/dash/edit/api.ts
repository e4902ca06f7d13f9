/** Calls that only who edits makes: previews of variables, and digests. Every call throws `Failure`. */

import type { Digest, DigestChange, NewDigest } from "../../../../schema/digest.ts";
import type { PanelPreview, VariableAnswer, VariablePreview } from "../../../../schema/panel.ts";
import { send } from "../../api.ts";

const id = encodeURIComponent;

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
	const response = await send(path, {
		method,
		cache: "no-store",
		...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
		...(signal ? { signal } : {}),
	});
	return response.json();
}

type Context = (typeof PanelPreview)["_input"]["context"];
type Asked = Omit<(typeof VariablePreview)["_input"], "context"> & { context: Context };

/** What one could choose of a variable that is not saved. */
export const previewVariable = (asked: Asked, signal: AbortSignal): Promise<VariableAnswer> =>
	call("POST", "/v1/panels/variable", asked, signal);

export type DigestInput = (typeof NewDigest)["_input"];
export type DigestUpdate = (typeof DigestChange)["_input"];

export const listDigests = async (dashboard: string): Promise<Digest[]> => {
	const { digests } = await call<{ digests: Digest[] }>("GET", "/v1/digests");
	return digests.filter((digest) => digest.dashboard === dashboard);
};
export const createDigest = (digest: DigestInput): Promise<Digest> => call("POST", "/v1/digests", digest);
export const updateDigest = (digest: string, change: DigestUpdate): Promise<Digest> =>
	call("PUT", `/v1/digests/${id(digest)}`, change);
export const deleteDigest = (digest: string) => send(`/v1/digests/${id(digest)}`, { method: "DELETE" });
/** Sends it at once; what came of it. */
export const sendDigest = (digest: string): Promise<NonNullable<Digest["last"]>> =>
	call("POST", `/v1/digests/${id(digest)}/send`, {});
