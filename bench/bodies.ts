/** Bodies as a server would send them: batches of a site's events, ids to be filled in by the load generator. */
import { randomFrom } from "../scripts/traffic/random.ts";

const PAGES = 200;
const VISITORS = 10_000;
/** Enough that dictionaries and caches are not flattered, few enough to be held by wrk. */
const BODIES = 64;
const COUNTRIES = ["DE", "FR", "US", "GB", "BR", "IN", "JP", "NL", "ES", "IT"];
const AGENTS = [
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
	"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
];

/** `BODIES` bodies of `batch` events each; every id is `@ID@`. */
export function bodiesOf(batch: number): string[] {
	const next = randomFrom(batch);
	const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T;
	return Array.from({ length: BODIES }, () =>
		JSON.stringify({
			v: 1,
			events: Array.from({ length: batch }, () => {
				const purchase = next() < 0.05;
				return {
					id: "@ID@",
					name: purchase ? "purchase" : next() < 0.2 ? "click" : "pageview",
					age: Math.floor(next() * 1000),
					visitor_id: `visitor-${Math.floor(next() * VISITORS)}`,
					url: `https://shop.example/p/${Math.floor(PAGES ** next())}`,
					...(next() < 0.3 ? { referrer: "https://www.google.com/" } : {}),
					title: "A page of the shop",
					lang: "de-DE",
					screen: "1440x900",
					...(purchase ? { value: Math.floor(next() * 10_000) / 100, currency: "EUR" } : {}),
					props: { category: pick(["shoes", "bags", "hats"]), plan: pick(["free", "pro"]) },
					context: { user_agent: pick(AGENTS), country: pick(COUNTRIES) },
				};
			}),
		}),
	);
}
