const PATHS = {
	sun: "M12 4V2m0 20v-2M4 12H2m20 0h-2M6.3 6.3 4.9 4.9m14.2 14.2-1.4-1.4M6.3 17.7l-1.4 1.4M19.1 4.9l-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
	moon: "M20 14.2A8 8 0 0 1 9.8 4 8 8 0 1 0 20 14.2Z",
	filter: "M4 6h16M7 12h10M10 18h4",
	close: "m6 6 12 12M18 6 6 18",
	search: "m20 20-4.2-4.2M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
	check: "m5 12.5 4.5 4.5L19 7.5",
	copy: "M9 9h10v10H9zM5 15V5h10",
	chevron: "m7 10 5 5 5-5",
	arrow: "M5 12h14m-5-5 5 5-5 5",
	warning:
		"M12 9v4m0 3.5v.01M10.6 4.5 3.3 17.2A1.6 1.6 0 0 0 4.7 19.6h14.6a1.6 1.6 0 0 0 1.4-2.4L13.4 4.5a1.6 1.6 0 0 0-2.8 0Z",
	table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
	chart: "M4 17 9.5 11l4 3.5L20 7",
	keyboard: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
	out: "M14 8V5H5v14h9v-3M10 12h10m-3-3 3 3-3 3",
	info: "M12 11v5m0-8.5v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
	plus: "M12 5v14M5 12h14",
	up: "m7 14 5-5 5 5",
	download: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14",
	link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
	refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.5M20 5v4.5h-4.5",
	bookmark: "M7 4.5h10v15l-5-4-5 4z",
	trash: "M5 7h14M10 7V4.5h4V7m-7 0 1 12.5h8L17 7m-7 4v5m4-5v5",
	pause: "M9 6v12M15 6v12",
	play: "M8 5.5v13l10.5-6.5z",
	user: "M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM4.5 20a7.5 7.5 0 0 1 15 0",
	key: "M14.5 9.5a5 5 0 1 0-4.6 5L12 12.4l2-2m-3.2 4.4M9.5 9.5h.01M13.4 13.6 20 20.2m-3-3-2 2m3.6-.4-1.7 1.7",
	settings:
		"M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM12 3.5l1 2.6 2.5-1 .4 2.6 2.7.4-1 2.5 2.6 1.4-2.6 1.4 1 2.5-2.7.4-.4 2.6-2.5-1-1 2.6-1-2.6-2.5 1-.4-2.6-2.7-.4 1-2.5L3.8 12l2.6-1.4-1-2.5 2.7-.4.4-2.6 2.5 1z",
	clock: "M12 7v5l3.2 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
	calendar: "M4 6.5h16V20H4zM4 10.5h16M8 3.5v4m8-4v4",
	left: "m14.5 6-6 6 6 6",
	right: "m9.5 6 6 6-6 6",
	zoomout: "m20 20-4.2-4.2M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0ZM8 11h6",
	globe:
		"M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM3 12h18M12 3c2.5 2.6 3.7 5.6 3.7 9s-1.2 6.4-3.7 9c-2.5-2.6-3.7-5.6-3.7-9S9.5 5.6 12 3Z",
	grip: "M9 6h.01M9 12h.01M9 18h.01M15 6h.01M15 12h.01M15 18h.01",
	pencil: "m4.5 19.5 1-4L16 5l3 3L8.5 18.5zM14 7l3 3",
	more: "M6 12h.01M12 12h.01M18 12h.01",
	undo: "M9 14.5 4.5 10 9 5.5M5 10h9a5.5 5.5 0 0 1 0 11h-2.5",
	redo: "m15 14.5 4.5-4.5L15 5.5M19 10h-9a5.5 5.5 0 0 0 0 11h2.5",
	paste: "M9 5H6v15h12V5h-3M9 3.5h6V7H9zM9.5 12h5M9.5 15.5h5",
	expand: "M9 4H4v5M15 4h5v5M9 20H4v-5m11 5h5v-5",
	share:
		"M8.6 10.7 15.4 7m-6.8 6.3 6.8 3.7M8.5 12a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm12-6a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm0 12a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
	history: "M4 5v4.5h4.5M4.6 14a8 8 0 1 0 .6-6.2L4 9.5M12 8v4.2l3 1.8",
	upload: "M12 15V4m-4.5 4.5L12 4l4.5 4.5M5 19.5h14",
	tv: "M3.5 5.5h17v11h-17zM8.5 20h7",
	flag: "M6 21V4m0 .5h11l-2.5 4L17 12.5H6",
	dashboard: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
	code: "m8 7-5 5 5 5m8-10 5 5-5 5",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it stands for is said in words beside it or in the button's label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
			<path d={PATHS[name]} />
		</svg>
	);
}

export function Logo() {
	return (
		<svg class="logo" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
			<rect width="24" height="24" rx="7" />
			<path d="M5 15.5 9.2 11l3.3 3 3.7-6" />
			<circle cx="18" cy="6.6" r="2" />
		</svg>
	);
}
