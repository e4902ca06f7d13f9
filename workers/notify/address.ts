/**
 * Where webhooks may go. A deployed Nowcast sends to the public internet only, over TLS: an address that its users type
 * must not reach what stands beside it. Names are not resolved here: on Cloudflare `fetch` has no private network to
 * reach, and elsewhere the egress rules must hold (docs/dashboards.md).
 */

/** Names that mean a machine near by. */
const LOCAL_NAMES = [
	".localhost",
	".local",
	".internal",
	".intranet",
	".lan",
	".home.arpa",
	".test",
	".invalid",
	".onion",
];

/** Why nothing is sent to this URL, in words for who typed it; null: it may be sent to. `local`: on one machine anything goes. */
export function whyNot(address: string, local: boolean): string | null {
	if (!URL.canParse(address)) return "is no URL";
	const url = new URL(address);
	if (url.protocol !== "https:" && !(local && url.protocol === "http:")) return "must begin with https://";
	if (url.username !== "" || url.password !== "") return "must not hold a user name or a password";
	return !local && isPrivate(url.hostname) ? "must be a public address" : null;
}

/** `host` as `URL` gives it: lower case, IPv4 in four decimal numbers however it was written, IPv6 in brackets. */
function isPrivate(host: string): boolean {
	if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
	const name = host.replace(/\.$/, "");
	if (/^\d+(\.\d+){3}$/.test(name)) return isPrivateV4(name.split(".").map(Number));
	return !name.includes(".") || LOCAL_NAMES.some((end) => name.endsWith(end));
}

/** IANA's special-purpose addresses: this network, private, carrier NAT, loopback, link local, test nets, multicast, reserved. */
function isPrivateV4([a = 0, b = 0, c = 0]: readonly number[]): boolean {
	if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
	if (a === 100) return b >= 64 && b < 128;
	if (a === 169) return b === 254;
	if (a === 172) return b >= 16 && b < 32;
	if (a === 192) return b === 168 || (b === 0 && (c === 0 || c === 2)) || (b === 88 && c === 99);
	if (a === 198) return b === 18 || b === 19 || (b === 51 && c === 100);
	return a === 203 && b === 0 && c === 113;
}

/** Only global unicast (2000::/3) is public, and of that neither documentation nor what carries an IPv4 address in it. */
function isPrivateV6(text: string): boolean {
	const [first = 0, second = 0] = groupsOf(text);
	if (first < 0x2000 || first > 0x3fff) return true;
	if (first === 0x2002) return true;
	return first === 0x2001 && (second === 0x0db8 || second === 0);
}

function groupsOf(text: string): number[] {
	const [head = "", tail] = text.split("::");
	const parse = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
	const [before, after] = [parse(head), parse(tail ?? "")];
	const zeros = Math.max(0, 8 - before.length - after.length);
	return tail === undefined ? before : [...before, ...Array<number>(zeros).fill(0), ...after];
}
