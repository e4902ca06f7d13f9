/**
 * Draws web/app/dash/kinds/map/world.json anew: the outlines of countries, projected, as paths of SVG in whole units,
 * so that the map needs neither a projection nor a decoder in the browser. `node scripts/world.ts`; it is run only
 * when world-atlas (Natural Earth, public domain) has a new version.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

const require = createRequire(import.meta.url);
const TARGET = new URL("../web/app/dash/kinds/map/world.json", import.meta.url);
/** Units that the map is wide: finer than a pixel of the largest panel. */
const WIDTH = 2000;
/** Degrees: without Antarctica, which has no visitors, and takes a quarter of the height. */
const SOUTH = -56;
const NORTH = 84;

type Place = [longitude: number, latitude: number];
type Rings = Place[][];
type Properties = { name: string };

/** What the atlas has no ISO number for. Two of them are drawn apart, but addresses there are of the country named. */
const UNNUMBERED: Record<string, string> = { Kosovo: "XK", Somaliland: "SO", "N. Cyprus": "CY" };

/** Equal Earth (Šavrič, Patterson, Jenny 2018): areas are true, as shades of them have to be. */
export function equalEarth([longitude, latitude]: Place): [number, number] {
	const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796];
	const m = Math.sqrt(3) / 2;
	const l = Math.asin(m * Math.sin((latitude * Math.PI) / 180));
	const l2 = l * l;
	const l6 = l2 * l2 * l2;
	const x = (longitude * Math.PI) / 180;
	return [
		(x * Math.cos(l)) / (m * (a1 + 3 * a2 * l2 + l6 * (7 * a3 + 9 * a4 * l2))),
		l * (a1 + a2 * l2 + l6 * (a3 + a4 * l2)),
	];
}

const [EAST] = equalEarth([180, 0]);
const [, TOP] = equalEarth([0, NORTH]);
const [, BOTTOM] = equalEarth([0, SOUTH]);
const SCALE = WIDTH / (2 * EAST);
const HEIGHT = Math.round((TOP - BOTTOM) * SCALE);

function place(at: Place): [number, number] {
	const [x, y] = equalEarth(at);
	return [Math.round((x + EAST) * SCALE), Math.round((TOP - y) * SCALE)];
}

/** ISO 3166 letters of a number: Intl knows the aliases. */
function lettersOf(id: string | number | undefined, name: string): string | null {
	const known = UNNUMBERED[name];
	if (known !== undefined || id === undefined) return known ?? null;
	const region = new Intl.Locale(`und-${String(id).padStart(3, "0")}`).region ?? "";
	return /^[A-Z]{2}$/.test(region) ? region : null;
}

interface Country {
	code: string;
	polygons: Rings[];
}

function countriesOf(file: string): Country[] {
	const atlas: Topology<{ countries: GeometryCollection<Properties> }> = JSON.parse(
		readFileSync(require.resolve(`world-atlas/${file}`), "utf8"),
	);
	return feature(atlas, atlas.objects.countries).features.flatMap(({ id, properties, geometry }): Country[] => {
		const code = lettersOf(id, properties.name);
		if (code === null || code === "AQ") return [];
		if (geometry.type === "Polygon") return [{ code, polygons: [geometry.coordinates as Rings] }];
		return geometry.type === "MultiPolygon" ? [{ code, polygons: geometry.coordinates as Rings[] }] : [];
	});
}

/** A ring in steps from point to point: short, and alike, so that it compresses. Empty where it is smaller than a unit. */
function ringPath(ring: Place[]): string {
	const points = ring.map(place).filter(([x, y], i, all) => {
		const before = all[i - 1];
		return before === undefined || before[0] !== x || before[1] !== y;
	});
	const [first] = points;
	if (first === undefined || new Set(points.map(String)).size < 3) return "";
	const last = points.at(-1);
	const closed = last !== undefined && last[0] === first[0] && last[1] === first[1];
	const steps = points.slice(1, closed ? -1 : undefined).map(([x, y], i) => {
		const [px, py] = points[i] ?? first;
		return `${x - px} ${y - py}`;
	});
	return `M${first[0]} ${first[1]}l${steps.join(" ").replaceAll(" -", "-")}z`;
}

/** The part of a ring on one side of a meridian, which then closes it (Sutherland and Hodgman). */
function clip(ring: Place[], keep: (longitude: number) => boolean, edge: number): Place[] {
	return ring.flatMap((at, i): Place[] => {
		const before = ring[(i + ring.length - 1) % ring.length] ?? at;
		const crossing: Place[] = [];
		if (keep(before[0]) !== keep(at[0])) {
			const share = (edge - before[0]) / (at[0] - before[0]);
			crossing.push([edge, before[1] + share * (at[1] - before[1])]);
		}
		return keep(at[0]) ? [...crossing, at] : crossing;
	});
}

/** The atlas draws on a sphere: what crosses the 180th meridian (Russia, Fiji) is cut there, or it would cross the map. */
function cut(ring: Place[]): Rings {
	let turn = 0;
	const unrolled = ring.map(([x, y], i): Place => {
		const step = x - (ring[i - 1]?.[0] ?? x);
		if (Math.abs(step) > 180) turn -= 360 * Math.sign(step);
		return [x + turn, y];
	});
	if (turn === 0 && unrolled.every(([x]) => Math.abs(x) <= 180)) return [ring];
	return [-360, 0, 360].map((by) => {
		const moved = unrolled.map(([x, y]): Place => [x + by, y]);
		return clip(
			clip(moved, (x) => x <= 180, 180),
			(x) => x >= -180,
			-180,
		);
	});
}

const area = (ring: Place[]): number =>
	Math.abs(
		ring.reduce((sum, [x, y], i) => {
			const [nx, ny] = ring[(i + 1) % ring.length] ?? [x, y];
			return sum + (x * ny - nx * y);
		}, 0) / 2,
	);

/** The middle of the largest polygon's box: of a country too small for an outline that is where it is. */
function middle({ polygons }: Country): [number, number] {
	const outlines = polygons.flatMap(([outline]) => (outline ? [outline] : []));
	const [largest = []] = outlines.sort((a, b) => area(b) - area(a));
	const [xs, ys] = [largest.map(([x]) => x), largest.map(([, y]) => y)];
	return place([(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2]);
}

function world() {
	const shapes = new Map<string, string>();
	for (const { code, polygons } of countriesOf("countries-110m.json"))
		shapes.set(code, (shapes.get(code) ?? "") + polygons.flat().flatMap(cut).map(ringPath).join(""));
	const dots = new Map<string, string>();
	for (const country of countriesOf("countries-50m.json"))
		if (!shapes.has(country.code) && !dots.has(country.code)) dots.set(country.code, middle(country).join(" "));
	return { width: WIDTH, height: HEIGHT, shapes: Object.fromEntries(shapes), dots: Object.fromEntries(dots) };
}

const drawn = world();
writeFileSync(TARGET, `${JSON.stringify(drawn, null, "\t")}\n`);
console.log(`${Object.keys(drawn.shapes).length} outlines, ${Object.keys(drawn.dots).length} dots`);
