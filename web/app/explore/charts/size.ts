import { useEffect, useRef, useState } from "preact/hooks";

/** The width that an element has got, px; 0 until it is known. For drawings that lay themselves out. */
export function useWidth<E extends HTMLElement>() {
	const host = useRef<E>(null);
	const [width, setWidth] = useState(0);
	useEffect(() => {
		const element = host.current;
		if (!element) return;
		const watch = new ResizeObserver(() => setWidth(element.clientWidth));
		watch.observe(element);
		setWidth(element.clientWidth);
		return () => watch.disconnect();
	}, []);
	return [host, width] as const;
}
