import { PLANS, type Plan } from "../../web/shop/catalog.ts";
import { Random, type Weighted } from "./random.ts";

/** Where visitors come from, roughly as a European shop sees them. */
const COUNTRIES: Weighted<{ code: string; lang: string }>[] = [
	[{ code: "DE", lang: "de-DE" }, 34],
	[{ code: "FR", lang: "fr-FR" }, 14],
	[{ code: "GB", lang: "en-GB" }, 11],
	[{ code: "NL", lang: "nl-NL" }, 8],
	[{ code: "US", lang: "en-US" }, 8],
	[{ code: "AT", lang: "de-AT" }, 6],
	[{ code: "CH", lang: "de-CH" }, 6],
	[{ code: "SE", lang: "sv-SE" }, 4],
	[{ code: "NO", lang: "nb-NO" }, 3],
	[{ code: "ES", lang: "es-ES" }, 3],
	[{ code: "PL", lang: "pl-PL" }, 2],
	[{ code: "JP", lang: "ja-JP" }, 1],
];

interface Device {
	userAgent: string;
	screens: Weighted<string>[];
}
const PHONE: Weighted<string>[] = [
	["390x844", 5],
	["412x915", 4],
	["360x800", 3],
];
const DESK: Weighted<string>[] = [
	["1920x1080", 6],
	["1536x864", 3],
	["2560x1440", 2],
	["1440x900", 2],
];

/** Real user agents of the day, by share. */
const DEVICES: Weighted<Device>[] = [
	[
		{
			userAgent:
				"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
			screens: PHONE,
		},
		26,
	],
	[
		{
			userAgent:
				"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
			screens: PHONE,
		},
		24,
	],
	[
		{
			userAgent:
				"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
			screens: DESK,
		},
		20,
	],
	[
		{
			userAgent:
				"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
			screens: DESK,
		},
		10,
	],
	[
		{
			userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
			screens: DESK,
		},
		7,
	],
	[
		{
			userAgent:
				"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
			screens: DESK,
		},
		6,
	],
	[
		{
			userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
			screens: DESK,
		},
		2,
	],
	[
		{
			userAgent:
				"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
			screens: [["820x1180", 1]],
		},
		5,
	],
];

/** A visitor: who they are never changes, however often they come. */
export interface Person {
	id: string;
	country: string;
	lang: string;
	userAgent: string;
	screen: string;
	plan: Plan;
	/** Factor on the chance of going on to the next step. */
	keen: number;
}

/** Visitor number `index` of a seed. */
export function person(seed: number, index: number): Person {
	const random = new Random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
	const { code, lang } = random.pick(COUNTRIES);
	const { userAgent, screens } = random.pick(DEVICES);
	const plan = random.pick<Plan>([
		[PLANS[0], 70],
		[PLANS[1], 22],
		[PLANS[2], 8],
	]);
	return {
		id: `visitor-${seed}-${index}`,
		country: code,
		lang,
		userAgent,
		screen: random.pick(screens),
		plan,
		keen: random.around(1, 0.25) * (plan === "pro" ? 1.3 : 1),
	};
}
