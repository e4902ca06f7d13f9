/**
 * A panel as PNG: its elements with their computed styles, as they are on the screen, within an SVG image that a canvas
 * draws. Made by hand, because libraries for it put styles into the page, which its content security policy forbids.
 */

/** Sharp on screens of twice the density, and in print. */
const SCALE = 2;
/** What says nothing on a picture. */
const LEFT_OUT = ".icon-button, .popover, .notice, dialog, script";
const XHTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";
/** On a picture nothing moves, and what was half way there is there. */
const STILL: readonly string[] = ["animation", "transition"];

/** @throws where the browser cannot draw it */
export async function pictureOf(element: HTMLElement): Promise<Blob> {
	const { width, height } = element.getBoundingClientRect();
	const image = new Image();
	image.src = dataUrl(stillOf(element), width, height);
	await image.decode();
	const canvas = document.createElement("canvas");
	canvas.width = Math.ceil(width * SCALE);
	canvas.height = Math.ceil(height * SCALE);
	const context = canvas.getContext("2d");
	if (!context) throw new Error("This browser cannot draw pictures.");
	context.scale(SCALE, SCALE);
	context.fillStyle = getComputedStyle(element).backgroundColor;
	context.fillRect(0, 0, width, height);
	context.drawImage(image, 0, 0, width, height);
	const { promise, resolve } = Promise.withResolvers<Blob | null>();
	canvas.toBlob(resolve, "image/png");
	const blob = await promise;
	if (!blob) throw new Error("This browser could not make a picture of the panel.");
	return blob;
}

function dataUrl(content: Node, width: number, height: number): string {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("width", String(width));
	svg.setAttribute("height", String(height));
	const foreign = document.createElementNS(SVG, "foreignObject");
	foreign.setAttribute("width", "100%");
	foreign.setAttribute("height", "100%");
	foreign.append(content);
	svg.append(foreign);
	return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
}

/** The element as it stands, needing no style sheet. */
function stillOf(element: HTMLElement): Node {
	const plain = new Plain();
	try {
		const copy = copyOf(element, plain);
		if (!(copy instanceof HTMLElement)) throw new Error("There is nothing to draw.");
		Object.assign(copy.style, { margin: "0", position: "relative", inset: "0" });
		return copy;
	} finally {
		plain.end();
	}
}

type Styled = HTMLElement | SVGElement;
const isStyled = (node: Node): node is Styled => node instanceof HTMLElement || node instanceof SVGElement;

/** The element with what is in it; null where that is nothing to see. */
function copyOf(element: Styled, plain: Plain): Styled | null {
	const style = getComputedStyle(element);
	if (element.matches(LEFT_OUT) || style.display === "none") return null;
	if (element instanceof HTMLCanvasElement) return dressed(imageOf(element), style, plain);
	const copy = element.cloneNode(false);
	if (!isStyled(copy)) return null;
	dressed(copy, style, plain);
	const before = pseudoOf(element, "::before", plain);
	if (before) copy.append(before);
	for (const child of element.childNodes) {
		if (child instanceof Text) copy.append(child.data);
		else if (isStyled(child)) copy.append(copyOf(child, plain) ?? "");
	}
	const after = pseudoOf(element, "::after", plain);
	if (after) copy.append(after);
	return copy;
}

function imageOf(canvas: HTMLCanvasElement): HTMLImageElement {
	const image = document.createElement("img");
	image.setAttribute("src", canvas.toDataURL());
	return image;
}

/** What style sheets put before or after an element, as an element of its own. */
function pseudoOf(element: Styled, which: "::before" | "::after", plain: Plain): HTMLElement | null {
	const style = getComputedStyle(element, which);
	const [, text] = /^"(.*)"$/s.exec(style.content) ?? [];
	if (text === undefined || style.display === "none") return null;
	const span = document.createElement("span");
	span.textContent = text.replaceAll('\\"', '"');
	return dressed(span, style, plain);
}

/** Gives it all that its style has of its own. */
function dressed<T extends Styled>(copy: T, style: CSSStyleDeclaration, plain: Plain): T {
	const usual = plain.styleOf(copy);
	copy.removeAttribute("style");
	copy.removeAttribute("class");
	for (const name of style) {
		const value = style.getPropertyValue(name);
		if (value !== usual.get(name)) copy.style.setProperty(name, value);
	}
	for (const name of STILL) copy.style.setProperty(name, "none");
	return copy;
}

/** What browsers make of elements without any style sheet of a page: that need not be said. */
class Plain {
	readonly #known = new Map<string, ReadonlyMap<string, string>>();
	readonly #host = document.createElement("div");
	readonly #root: ShadowRoot;

	constructor() {
		this.#host.style.setProperty("all", "initial");
		this.#host.style.setProperty("position", "fixed");
		this.#host.style.setProperty("visibility", "hidden");
		this.#root = this.#host.attachShadow({ mode: "closed" });
		document.body.append(this.#host);
	}

	styleOf(element: Styled): ReadonlyMap<string, string> {
		const key = `${element.namespaceURI} ${element.localName}`;
		let found = this.#known.get(key);
		if (!found) {
			const sample = document.createElementNS(element.namespaceURI ?? XHTML, element.localName);
			this.#root.append(sample);
			const style = getComputedStyle(sample);
			// What is as large as what is in it, or inherited from the hidden host, is always said.
			const own = [...style].filter((name) => name !== "visibility" && !/size|width|height|origin/.test(name));
			found = new Map(own.map((name) => [name, style.getPropertyValue(name)]));
			sample.remove();
			this.#known.set(key, found);
		}
		return found;
	}

	end(): void {
		this.#host.remove();
	}
}
