import type { ComponentChildren } from "preact";
import { session, sites } from "../key.ts";
import { lazy } from "../lazy.tsx";
import { DEFAULT_VIEW } from "../model/view.ts";
import { opensElsewhere } from "../route.ts";
import { show, useWorkspace } from "../state.ts";
import { theme, toggleTheme } from "../theme/theme.ts";
import { Badge } from "./badge.tsx";
import { Icon, Logo } from "./icon.tsx";
import { Popover } from "./popover.tsx";

const loadMenus = () => import("./menus.tsx");
const menuWait = () => <div class="menu-wait" />;
const Sites = lazy(() => loadMenus().then((part) => part.Sites), menuWait);
const You = lazy(() => loadMenus().then((part) => part.You), menuWait);
/** Whoever moves towards a menu will open it. */
const warmMenus = () => {
	loadMenus().catch(() => {}); // the menu says so
};

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

/** Back to the Overview with nothing chosen, without loading the page again. */
function startOver(event: MouseEvent): void {
	if (opensElsewhere(event)) return;
	event.preventDefault();
	show(DEFAULT_VIEW);
}

/** Whose figures these are; and the other sites, where the person has some. */
function SiteName() {
	const { site } = useWorkspace();
	if (sites.value.length < 2) return <h1 class="site">{site.name}</h1>;
	return (
		<>
			<h1 class="sr-only">{site.name}</h1>
			<Popover
				label="Sites"
				look="site-button"
				panel="menu"
				button={
					<>
						<span class="site">{site.name}</span> <Icon name="chevron" size={14} />
					</>
				}
			>
				{(close) => <Sites close={close} />}
			</Popover>
		</>
	);
}

/** "Ada Lovelace" → "AL". */
const initials = (name: string) =>
	name
		.split(/\s+/)
		.filter(Boolean)
		.map((word) => word.slice(0, 1).toUpperCase())
		.filter((_, i, all) => i === 0 || i === all.length - 1)
		.join("");

function UserMenu() {
	const mine = session.value;
	return (
		<Popover
			label="You"
			name={mine ? `You: ${mine.user.name}` : "You: by key"}
			look={mine ? "avatar" : "icon-button"}
			panel="menu"
			button={
				mine ? <span aria-hidden="true">{initials(mine.user.name || mine.user.email)}</span> : <Icon name="user" />
			}
		>
			{(close) => <You close={close} />}
		</Popover>
	);
}

/** The bar on top: whose site, how live, and the controls that the page gives it. */
export function Header({ children }: { children?: ComponentChildren }) {
	return (
		<header class="top" onPointerEnter={warmMenus} onFocusIn={warmMenus}>
			<a class="brand" href="/" aria-label="Nowcast, start over" onClick={startOver}>
				<Logo />
			</a>
			<SiteName />
			<Badge />
			<span class="grow" />
			{children}
			<span class="top-icons">
				<UserMenu />
			</span>
		</header>
	);
}
