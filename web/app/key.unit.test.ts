import { expect, test } from "vitest";
import { isKeptByDefault, isLocal, keyProblem, writeKeyProblem } from "./key.ts";

test("only keys that may read are offered to the server", () => {
	expect(keyProblem("rk_demo")).toBeNull();
	expect(keyProblem("ak_4f-2_x")).toBeNull();
	for (const bad of ["", "pk_demo", "sk_demo", "hello", "rk_", "rk_a b"]) expect(keyProblem(bad)).not.toBeNull();
});

test("only write keys go into a script tag", () => {
	expect(writeKeyProblem("pk_4f-2_x")).toBeNull();
	for (const bad of ["", "pk_", "pk_…", "pk_a b", "hello", "pk_demo"]) expect(writeKeyProblem(bad)).not.toBeNull();
	for (const secret of ["sk_x", "rk_x", "ak_x"]) expect(writeKeyProblem(secret)).toContain("everybody can read");
});

test("an admin key does not stay in the browser unless asked to", () => {
	expect(["", "rk_x", "ak_x", "ak_"].map(isKeptByDefault)).toEqual([true, true, false, false]);
});

test("the demo is offered on this machine only", () => {
	for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "app.localhost"])
		expect(isLocal(host)).toBe(true);
	for (const host of ["example.com", "127.0.0.1.example.com", "10.0.0.1", "notlocalhost"])
		expect(isLocal(host)).toBe(false);
});
