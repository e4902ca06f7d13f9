import { describe, expect, it } from "vitest";
import { hashPassword, verifyPassword } from "./password.ts";
import { QUICK } from "./test-people.ts";

/** A login's work, on a machine that does other things too. */
const SLOW_MS = 30_000;

describe("passwords", () => {
	it("are kept as scrypt hashes with a salt of their own and their parameters", async () => {
		const [one, other] = [await hashPassword("correct horse", QUICK), await hashPassword("correct horse", QUICK)];
		expect(one).toMatch(/^scrypt\$16\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
		expect(one).not.toBe(other);
		expect(one).not.toContain("correct");
	});

	it("are right or wrong by the parameters they were stored with", async () => {
		const stored = await hashPassword("correct horse", QUICK);
		expect(await verifyPassword("correct horse", stored)).toEqual({ right: true, weak: true });
		expect(await verifyPassword("correct hors", stored)).toMatchObject({ right: false });
		expect(await verifyPassword("Correct horse", stored)).toMatchObject({ right: false });
		expect(await verifyPassword("", stored)).toMatchObject({ right: false });
	});

	it(
		"of today's parameters are OWASP's, and not weak",
		async () => {
			const stored = await hashPassword("correct horse");
			expect(stored).toMatch(/^scrypt\$16384\$8\$5\$/);
			expect(await verifyPassword("correct horse", stored)).toEqual({ right: true, weak: false });
		},
		SLOW_MS,
	);

	it("are scrypt's: RFC 7914's test vector is right", async () => {
		const stored = "scrypt$1024$8$16$TmFDbA$_bq-HJ00cgB4VucZDQHp_nxq18vII3gw53N2Y0s3MWI";
		expect(await verifyPassword("password", stored)).toMatchObject({ right: true });
		expect(await verifyPassword("passwor", stored)).toMatchObject({ right: false });
	});

	it("are the same however a keyboard composes its letters", async () => {
		const stored = await hashPassword("pässword", QUICK);
		expect(await verifyPassword("pa\u0308ssword", stored)).toMatchObject({ right: true });
	});

	it(
		"of nobody are never right, and are hashed all the same",
		async () => {
			expect(await verifyPassword("anything", null)).toEqual({ right: false, weak: false });
			expect(await verifyPassword("", null)).toMatchObject({ right: false });
		},
		SLOW_MS,
	);

	it.each(["", "plain", "scrypt$16$8$1$AAAA$short", `scrypt$1048576$64$1$AAAA$${"A".repeat(43)}`])(
		"stored as %j are no hash of ours: an error, not a login",
		async (stored) => {
			await expect(verifyPassword("x", stored)).rejects.toThrow("no scrypt hash");
		},
	);
});
