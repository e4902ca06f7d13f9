import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { directoryName, tenantId } from "../../schema/ids.ts";
import { MAX_METRICS } from "../../schema/metric.ts";
import { directory } from "../stubs.ts";

const SETTINGS = {
	partitions: 4,
	zone: "Europe/Berlin",
	week_start: "monday",
	currency: "EUR",
	dimensions: ["plan"],
} as const;
const settings = () => ({ ...SETTINGS, dimensions: [...SETTINGS.dimensions] });
let tenants = 0;
const someTenant = () => tenantId(`directory_${++tenants}`);

describe("directory", () => {
	it("knows no config before it was configured, and refuses to admit", async () => {
		const tenant = someTenant();
		expect(await directory(env, tenant).config()).toBeNull();
		const admitting = async () => directory(env, tenant).admit(["signup"]);
		expect(await admitting().catch((e) => e.status)).toBe(404);
	});

	it("keeps partitions and zone as first set, lets dimensions only grow, and counts versions", async () => {
		const d = directory(env, someTenant());
		expect(await d.configure(settings())).toMatchObject({ version: 1, epoch: 1, partitions: 4, metrics: [] });
		expect(await d.configure(settings())).toMatchObject({ version: 1 });
		const changed = { ...settings(), partitions: 16 as const, zone: "UTC", dimensions: ["größe", "plan", "x", "y"] };
		expect(await d.configure(changed)).toMatchObject({
			version: 2,
			partitions: 4,
			zone: "Europe/Berlin",
			dimensions: ["plan", "größe", "x"],
		});
	});

	it("I8: admits at most MAX_METRICS names, in order, whatever characters they have", async () => {
		const d = directory(env, someTenant());
		await d.configure(settings());
		const names = Array.from({ length: MAX_METRICS + 30 }, (_, i) => `événement ${"購".repeat(40)} ${i}`);
		expect((await d.admit(["*", "session", "ingest", "(other)", "funnel:a"])).metrics).toEqual([]);
		expect((await d.admit(names)).metrics).toEqual(names.slice(0, MAX_METRICS));
		const full = await d.admit(["one more"]);
		expect(full.metrics).toHaveLength(MAX_METRICS);
	});

	it("I5: an evicted directory answers the same", async () => {
		const tenant = someTenant();
		const d = directory(env, tenant);
		await d.configure(settings());
		const before = await d.admit(["signup", "purchase"]);
		await evictDurableObject(env.DIRECTORY.getByName(directoryName(tenant)));
		expect(await d.config()).toEqual(before);
	});

	it("forgets everything when destroyed", async () => {
		const d = directory(env, someTenant());
		await d.configure(settings());
		await d.destroy();
		expect(await d.config()).toBeNull();
	});
});
