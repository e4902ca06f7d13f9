/** An object's own name. The runtime may not know it when an alarm wakes the object, so it is kept from the first call. */
export function objectName(ctx: Pick<DurableObjectState, "id" | "storage">): string {
	const kept = ctx.storage.kv.get<string>("name");
	const name = ctx.id.name ?? kept;
	if (name === undefined) throw new Error("an object without a name");
	if (kept === undefined) ctx.storage.kv.put("name", name);
	return name;
}
