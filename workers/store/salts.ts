import { eq, lt } from "drizzle-orm";
import { salts } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

/** The salt of a UTC day (YYYY-MM-DD), made by whoever asks first: every POP then reads the same one. */
export async function saltOf(env: StoreBindings, day: string): Promise<Uint8Array> {
	const db = database(env);
	const read = () => db.select().from(salts).where(eq(salts.day, day)).get();
	const found = await read();
	if (found) return found.salt;
	await db
		.insert(salts)
		.values({ day, salt: crypto.getRandomValues(new Uint8Array(32)) })
		.onConflictDoNothing();
	const made = await read();
	if (!made) throw new Error(`no salt for ${day}`);
	return made.salt;
}

/** Days compare as text. */
export async function deleteSaltsBefore(env: StoreBindings, day: string): Promise<void> {
	await database(env).delete(salts).where(lt(salts.day, day));
}
