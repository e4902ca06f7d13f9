import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface TipAt {
	/** Where it points, px of the viewport. */
	x: number;
	y: number;
}

/** px between the pointer and the tip, and between the tip and the edge of the window. */
const AWAY = 14;
const EDGE = 8;

/**
 * A reading beside the pointer, on the top layer: a small panel never cuts it. It does not scroll along, so it goes when
 * anything scrolls, until something else is read. What it says is said to screen readers by what it belongs to.
 */
export function Tip({ at, children }: { at: TipAt; children: ComponentChildren }) {
	const box = useRef<HTMLDivElement>(null);
	const gone = useRef<TipAt | null>(null);
	useLayoutEffect(() => {
		const hide = () => {
			gone.current = at;
			box.current?.hidePopover();
		};
		addEventListener("scroll", hide, { capture: true, passive: true });
		return () => removeEventListener("scroll", hide, { capture: true });
	}, [at]);
	useLayoutEffect(() => {
		const element = box.current;
		if (!element || gone.current === at) return;
		if (!element.matches(":popover-open")) element.showPopover();
		const { offsetWidth: width, offsetHeight: height } = element;
		const right = at.x + AWAY + width + EDGE <= innerWidth;
		const x = right ? at.x + AWAY : Math.max(EDGE, at.x - AWAY - width);
		const y = Math.max(EDGE, Math.min(at.y - height / 2, innerHeight - height - EDGE));
		element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
	});
	return (
		<div class="kind-tip" ref={box} popover="manual" aria-hidden="true">
			{children}
		</div>
	);
}
