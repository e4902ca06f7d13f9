/** Colours of the canvas, read from the theme's custom properties. */
import { type Colour, property } from "../model/colours.ts";
import { longHex } from "../model/ramp.ts";

export interface Ink {
	token(name: string): string;
	of(colour: Colour): string;
	/** Stripes of a colour, for bars that still count. */
	hatch(colour: Colour): CanvasPattern | string;
}

/** Two hex digits: how much of a colour shows. */
export const FAINT = "14";
export const SOFT = "2e";
export const BACK = "66";

/** Kept while the theme lasts: a plot is made anew for another. */
export function inkOf(element: Element): Ink {
	const style = getComputedStyle(element);
	const tokens = new Map<string, string>();
	const patterns = new Map<string, CanvasPattern | string>();
	const token = (name: string) => {
		const known = tokens.get(name) ?? longHex(style.getPropertyValue(name).trim());
		tokens.set(name, known);
		return known;
	};
	const of = (colour: Colour) => token(property(colour));
	const hatch = (colour: Colour) => {
		const hex = of(colour);
		const known = patterns.get(hex) ?? stripes(hex);
		patterns.set(hex, known);
		return known;
	};
	return { token, of, hatch };
}

/** px of the canvas: three of stripe, three of ground. */
const TILE = 6;

function stripes(hex: string): CanvasPattern | string {
	const tile = document.createElement("canvas");
	tile.width = TILE;
	tile.height = TILE;
	const draw = tile.getContext("2d");
	if (!draw) return hex + BACK;
	draw.fillStyle = hex + BACK;
	draw.fillRect(0, 0, TILE, TILE);
	draw.strokeStyle = hex;
	draw.lineWidth = 1.6;
	for (const by of [-TILE, 0, TILE]) {
		draw.beginPath();
		draw.moveTo(by - 1, TILE + 1);
		draw.lineTo(by + TILE + 1, -1);
		draw.stroke();
	}
	return draw.createPattern(tile, "repeat") ?? hex + BACK;
}
