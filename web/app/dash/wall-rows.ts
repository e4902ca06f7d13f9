/** Lists on a wall, where nothing scrolls: as many whole rows as there is room for. */
import { createContext } from "preact";
import { useContext, useLayoutEffect, useState } from "preact/hooks";

/** Is what is drawn on a wall? */
export const OnWall = createContext(false);

/** How many of `rows` are shown where there is room for `room`: what is left out is told in a line that is as high as a row. */
export function rowsShown(rows: number, room: number): number {
	// A row says more than that there are some.
	return rows <= room ? rows : Math.max(1, room - 1);
}

/**
 * For how many rows a table's section has room; no bound where it is not on a wall.
 * Rows are as high as the first, and what stands beside them stays: heads, totals, notes.
 */
export function useRowRoom(section: { current: HTMLElement | null }): number {
	const onWall = useContext(OnWall);
	const [room, setRoom] = useState(Number.POSITIVE_INFINITY);
	const measure = () => {
		const row = section.current?.querySelector("tbody > tr");
		if (!section.current || !row) return;
		const beside = [...section.current.querySelectorAll("thead, tfoot, .kind-notes")];
		const free = heightOf(section.current) - beside.reduce((sum, element) => sum + heightOf(element), 0);
		setRoom(Math.floor((free + ROUNDING_PX) / heightOf(row)));
	};
	// After each drawing, too: other figures may have notes, or a total.
	useLayoutEffect(() => {
		if (onWall) measure();
	});
	useLayoutEffect(() => {
		if (!onWall || !section.current) return;
		const observer = new ResizeObserver(measure);
		observer.observe(section.current);
		return () => observer.disconnect();
	}, [onWall]);
	return onWall ? room : Number.POSITIVE_INFINITY;
}

/** Heights are fractions of a pixel, and their sum is not exact. */
const ROUNDING_PX = 0.1;

const heightOf = (element: Element): number => element.getBoundingClientRect().height;
