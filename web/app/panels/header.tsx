import type { ComponentChildren } from "preact";
import { signOut } from "../key.ts";
import { DEFAULT_VIEW } from "../model/view.ts";
import { show, useWorkspace } from "../state.ts";
import { theme, toggleTheme } from "../theme/theme.ts";
import { Badge } from "./badge.tsx";
import { Icon, Logo } from "./icon.tsx";

export function ThemeButton() {
	const dark = theme.value === "dark";
	return (
		<button
			type="button"
			class="icon-button"
			aria-label={dark ? "Light theme" : "Dark theme"}
			title="Theme"
			onClick={toggleTheme}
		>
			<Icon name={dark ? "sun" : "moon"} />
		</button>
	);
}

/** Back to the dashboard with nothing chosen, without loading the page again. */
function startOver(event: MouseEvent): void {
	event.preventDefault();
	if (location.hash !== "") location.hash = "";
	show(DEFAULT_VIEW);
}

/** The bar on top: whose site, how live, and the controls that the page gives it. */
export function Header({ children }: { children?: ComponentChildren }) {
	const { site } = useWorkspace();
	return (
		<header class="top">
			<a class="brand" href={location.pathname} aria-label="Nowcast, start over" onClick={startOver}>
				<Logo />
			</a>
			<h1 class="site">{site.name}</h1>
			<Badge />
			<span class="grow" />
			{children}
			<span class="top-icons">
				<a class="icon-button" href="#install" aria-label="Install snippet" title="Install snippet">
					<Icon name="code" />
				</a>
				<ThemeButton />
				<button type="button" class="icon-button" aria-label="Sign out" title="Sign out" onClick={signOut}>
					<Icon name="out" />
				</button>
			</span>
		</header>
	);
}
