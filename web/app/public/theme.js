// Runs before the first paint, so that a chosen theme never flashes the other one. A file: the page's policy lets no
// script run that stands in it.
try {
	const theme = localStorage.getItem("nowcast.theme");
	if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {}
