/**
 * Which colour a series has. A group has the same one on all panels of a dashboard and after every reload where it can:
 * its name chooses it, and only where two names of one panel choose the same does the later one step aside.
 */

/** How many the palette has (theme/tokens.css, `--series-1` and on). */
export const PALETTE = 8;

export interface Colour {
	/** Which of the palette's; null: the grey of what passed the limit. */
	slot: number | null;
	/** Past the palette's end colours come again, dashed. */
	again: boolean;
}

export const GREY: Colour = { slot: null, again: false };

/** What most dashboards split by has the palette's first colours. */
const KNOWN: Record<string, number> = { desktop: 0, mobile: 1, tablet: 2 };

/** FNV-1a over UTF-16 units: spreads short names well. */
function slotOf(name: string): number {
	const known = KNOWN[name];
	if (known !== undefined) return known;
	let hash = 0x811c9dc5;
	for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
	return (hash >>> 0) % PALETTE;
}

/** What is to be coloured: by its place where it is one of the panel's own queries, by its name where it is a group. */
export type Key = { place: number } | { name: string } | null;

/**
 * In the order of `keys`, the largest first: as many as the palette has get whole colours, and which of them does not
 * hang on their order. Live values may reorder groups, their colours stay.
 */
export function coloursOf(keys: readonly Key[]): Colour[] {
	const colours: Colour[] = keys.map(() => GREY);
	const wanted = keys.flatMap((key, index) => (key === null ? [] : [{ index, key }]));
	for (let from = 0; from < wanted.length; from += PALETTE) {
		const used = new Set<number>();
		for (const { index, key } of wanted.slice(from, from + PALETTE).sort((a, b) => byKey(a.key, b.key))) {
			let slot = "place" in key ? key.place % PALETTE : slotOf(key.name);
			while (used.has(slot)) slot = (slot + 1) % PALETTE;
			used.add(slot);
			colours[index] = { slot, again: from > 0 };
		}
	}
	return colours;
}

/** The panel's own queries first, then names by the alphabet. */
function byKey(a: NonNullable<Key>, b: NonNullable<Key>): number {
	if ("place" in a || "place" in b) return "place" in a ? ("place" in b ? a.place - b.place : -1) : 1;
	return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The custom property that holds it. */
export const property = ({ slot }: Colour): string => (slot === null ? "--series-other" : `--series-${slot + 1}`);
/** The same for styles. */
export const ink = (colour: Colour): string => `var(${property(colour)})`;
/** For areas, which have no dashes: past the palette's end paler. */
export const tint = (colour: Colour): string =>
	colour.again ? `color-mix(in srgb, ${ink(colour)} 55%, var(--surface))` : ink(colour);
