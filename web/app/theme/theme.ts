import { computed, signal } from "@preact/signals";

export type Theme = "light" | "dark";

const NAME = "nowcast.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(system.matches ? "dark" : "light");
system.addEventListener("change", () => {
	systemTheme.value = system.matches ? "dark" : "light";
});

function storedTheme(): Theme | null {
	const chosen = document.documentElement.dataset.theme;
	return chosen === "dark" || chosen === "light" ? chosen : null;
}
const chosen = signal<Theme | null>(storedTheme());

/** The theme in force: the person's choice, else the system's. */
export const theme = computed<Theme>(() => chosen.value ?? systemTheme.value);

/** Switches. Choosing what the system has anyway goes back to following it. */
export function toggleTheme(): void {
	const next: Theme = theme.value === "dark" ? "light" : "dark";
	const follow = next === systemTheme.value;
	chosen.value = follow ? null : next;
	if (follow) delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = next;
	try {
		if (follow) localStorage.removeItem(NAME);
		else localStorage.setItem(NAME, next);
	} catch {
		// Not kept; the page still follows.
	}
}
