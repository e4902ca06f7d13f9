import { cleanAddress } from "./address.ts";
import { capture, page, pageIfMoved } from "./capture.ts";
import { flush, leave } from "./queue.ts";
import { settings } from "./settings.ts";
import type { Props } from "./types.ts";

/** A page in an error loop says enough with this many. */
const MAX_ERRORS = 10;
/** Characters of a label. */
const MAX_LABEL = 80;

const CONTROL = "a,button,[role=button],[type=submit]";
const MARK = "data-nc-";

const wants = (what: string): boolean => !!settings?.auto.includes(what);

export const on = (target: EventTarget, type: string, listener: (event: never) => void): void =>
	target.addEventListener(type, listener as EventListener, true);

/** Captures a marked element's event. Its other attributes are props: `data-nc-item-name="x"` is `item_name`. */
function marked(element: Element | null): boolean {
	const props: Props = {};
	for (const { name, value } of element?.attributes ?? []) {
		if (name.startsWith(MARK)) props[name.slice(MARK.length).replaceAll("-", "_")] = value;
	}
	const { event, ...rest } = props;
	if (event) capture(event as string, rest);
	return !!event;
}

function clicked(event: MouseEvent): void {
	const target = event.target as Element;
	// Of the other buttons only the middle one opens a link.
	if (event.button > 1 || !target.closest) return;
	const known = marked(target.closest(`[${MARK}event]:not(form)`));
	const control = target.closest<HTMLAnchorElement>(CONTROL);
	if (!control) return;
	const text = (control.ariaLabel || control.textContent).trim().replace(/\s+/g, " ").slice(0, MAX_LABEL);
	if (wants("outbound") && /^http/.test(control.protocol) && control.host !== location.host) {
		capture("outbound", { url: cleanAddress(control.href), text });
	} else if (wants("clicks") && !known) capture("click", { text, id: control.id || null });
}

function submitted(event: SubmitEvent): void {
	const form = event.target as Element;
	if (marked(form) || !wants("forms")) return;
	// Attributes, not properties: a field may be called `id`.
	capture("form_submit", { form: ["id", "name", "action"].map((key) => form.getAttribute(key)).find(Boolean) });
}

let errors = 0;
function failed(event: ErrorEvent & PromiseRejectionEvent): void {
	const message = event.message || (event.reason && String(event.reason));
	// An image that does not load is an event here too, without a message.
	if (!message || !wants("errors") || ++errors > MAX_ERRORS) return;
	const source = event.filename && `${cleanAddress(event.filename)}:${event.lineno}`;
	capture("error", { message, source }, { interactive: false });
}

/** Watches what the site asked for, marked elements always. */
export function watch(): void {
	on(document, "click", clicked);
	on(document, "auxclick", clicked);
	on(document, "submit", submitted);
	on(window, "error", failed);
	on(window, "unhandledrejection", failed);
	on(window, "online", flush);
	on(window, "pagehide", leave);
	on(document, "visibilitychange", () => document.hidden && leave());
	if (wants("pageviews")) watchPages();
}

/** The first view, and one for each address that a single-page site, the back button or its cache brings. */
function watchPages(): void {
	for (const method of ["pushState", "replaceState"] as const) {
		const original = history[method];
		history[method] = (...args) => {
			original.apply(history, args);
			pageIfMoved();
		};
	}
	// A change of the fragment is a popstate too.
	on(window, "popstate", pageIfMoved);
	on(window, "pageshow", (event: PageTransitionEvent) => event.persisted && page());
	page();
}
