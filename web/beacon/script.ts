/** The script: `<script defer src="https://HOST/n.js" data-site="pk_…"></script>`, whatever its file is called. */
import { home, nowcast } from "./beacon.ts";
import type { Raw } from "./settings.ts";
import type { Nowcast, Options } from "./types.ts";

type Stub = Partial<Nowcast> & { q?: Iterable<unknown>[] };

const site = window as Window & { nowcast?: Stub };
const stub = site.nowcast;

// A second copy of the script on a page does nothing.
if (!stub || stub.q) {
	const script = document.currentScript as HTMLScriptElement | null;
	if (script?.src) home.origin = new URL(script.src).origin;
	site.nowcast = nowcast;
	for (const call of stub?.q ?? []) {
		const [method, ...args] = [...call];
		(nowcast[method as keyof Nowcast] as (...args: unknown[]) => unknown)?.(...args);
	}
	const data: Raw & { site?: string } = script?.dataset ?? {};
	if (data.site) nowcast.init(data.site, data as Options);
}
