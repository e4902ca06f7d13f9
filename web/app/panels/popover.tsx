/** A panel that a button opens, on the browser's own popover: above everything, closed by Escape or a click elsewhere. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** Between the button and its panel, and between the panel and the window's edge, px. */
const GAP = 6;
/** Under it a panel may lie over its button rather than be this low, px. */
const LOW = 220;

/** Under the button and flush with the side that has room; above it where that is the larger part of the window. */
function put(panel: HTMLElement, button: DOMRect): void {
	const { clientWidth: width, clientHeight: height } = document.documentElement;
	const size = panel.getBoundingClientRect();
	const wanted = button.left + size.width > width - GAP ? button.right - size.width : button.left;
	const left = Math.max(GAP, Math.min(wanted, width - size.width - GAP));
	const under = height - button.bottom - 2 * GAP;
	const above = button.top - 2 * GAP;
	const up = under < Math.min(panel.scrollHeight, LOW) && above > under;
	const top = up ? Math.max(GAP, button.top - GAP - Math.min(panel.scrollHeight, above)) : button.bottom + GAP;
	Object.assign(panel.style, {
		left: `${left}px`,
		top: `${top}px`,
		maxHeight: `${up ? above : Math.max(under, LOW)}px`,
	});
}

export function Popover({
	button,
	label,
	name,
	look = "button",
	panel = "",
	children,
}: {
	/** What the button shows. */
	button: ComponentChildren;
	/** The panel's name; and the button's, where what it shows is no words. */
	label: string;
	name?: string;
	/** Classes of the button and of the panel. */
	look?: string;
	panel?: string;
	/** Made when it opens. */
	children: (close: () => void) => ComponentChildren;
}) {
	const id = useId();
	const opener = useRef<HTMLButtonElement>(null);
	const sheet = useRef<HTMLDivElement>(null);
	const [open, setOpen] = useState(false);
	useEffect(() => {
		if (!open) return;
		const place = () => {
			const rect = opener.current?.getBoundingClientRect();
			if (sheet.current && rect) put(sheet.current, rect);
		};
		place();
		sheet.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
		const resized = new ResizeObserver(place);
		if (sheet.current) resized.observe(sheet.current);
		addEventListener("resize", place);
		addEventListener("scroll", place, { passive: true });
		return () => {
			resized.disconnect();
			removeEventListener("resize", place);
			removeEventListener("scroll", place);
		};
	}, [open]);
	return (
		<>
			<button
				type="button"
				class={look}
				ref={opener}
				aria-label={name}
				title={name}
				aria-haspopup="dialog"
				aria-expanded={open}
				popovertarget={id}
			>
				{button}
			</button>
			<div
				id={id}
				ref={sheet}
				popover="auto"
				class={`popover ${panel}`}
				role="dialog"
				aria-label={label}
				onToggle={(event) => setOpen(event.newState === "open")}
			>
				{open && children(() => sheet.current?.hidePopover())}
			</div>
		</>
	);
}
