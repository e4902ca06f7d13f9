import type { ComponentChildren } from "preact";
import { ThemeButton } from "../panels/header.tsx";
import { Logo } from "../panels/icon.tsx";

/** What stands before the app for those who are not in yet: a card in the middle. */
export function Doorway({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<main class="login">
			<div class="login-corner">
				<ThemeButton />
			</div>
			<div class="login-card">
				<Logo />
				<h1>{title}</h1>
				{children}
			</div>
		</main>
	);
}
