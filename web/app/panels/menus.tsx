/** What the header's buttons open: the sites, and what is the person's own. */
import { leave } from "../api.ts";
import { chooseSite, credential, may, session, sites } from "../key.ts";
import { follow, go, INSTALL, place } from "../route.ts";
import { show, useWorkspace } from "../state.ts";
import { theme, toggleTheme } from "../theme/theme.ts";
import { Icon, type IconName } from "./icon.tsx";

/** Another site, in the same place as far as there is such a place: dashboards and segments are a site's own. */
function switchTo(id: string): void {
	const here = place.peek();
	if (here.at === "dashboard" || here.at === "kiosk") go("/dashboards");
	else if (here.at === "site") show({ filters: [], segments: [], question: "" });
	const moved = place.peek();
	// Unsaved changes may keep the person on their dashboard.
	if (moved.at !== "dashboard" && moved.at !== "kiosk") chooseSite(id);
}

/** The sites of the person's organisations; of a root key all there are. */
export function Sites({ close }: { close: () => void }) {
	const { site } = useWorkspace();
	const all = sites.value;
	const groups = session.value
		? session.value.organisations
				.map((org) => ({ org, sites: all.filter((one) => one.org === org.id) }))
				.filter((group) => group.sites.length > 0)
		: [{ org: { id: "", name: "Sites" }, sites: all }];
	return groups.map((group) => (
		<section key={group.org.id} aria-label={group.org.name}>
			{groups.length > 1 && <h2>{group.org.name}</h2>}
			{group.sites.map((one) => (
				<button
					type="button"
					key={one.id}
					aria-pressed={one.id === site.id}
					onClick={() => {
						close();
						if (one.id !== site.id) switchTo(one.id);
					}}
				>
					<span>{one.name}</span>
					{one.id === site.id && <Icon name="check" />}
				</button>
			))}
		</section>
	));
}

const RIGHTS = { read: "Read key", edit: "Edit key", admin: "Admin key" } as const;

/** Who is here: a person, or whoever has the key. */
function Who() {
	const mine = credential.value;
	if (mine?.kind === "session")
		return (
			<p class="menu-who">
				<b>{mine.session.user.name}</b>
				<span>{mine.session.user.email}</span>
			</p>
		);
	const right = may("admin") ? "admin" : may("edit") ? "edit" : "read";
	return (
		<p class="menu-who">
			<b>{RIGHTS[right]}</b>
			<span>{mine?.kind === "key" ? `ends in ${mine.key.slice(-4)}` : ""}</span>
		</p>
	);
}

function MenuLink({ to, icon, close, children }: { to: string; icon: IconName; close: () => void; children: string }) {
	return (
		<a
			href={to}
			onClick={(event) => {
				follow(event);
				close();
			}}
		>
			<Icon name={icon} /> {children}
		</a>
	);
}

/** Who is here, and what is theirs to choose. */
export function You({ close }: { close: () => void }) {
	const mine = session.value;
	const dark = theme.value === "dark";
	return (
		<>
			<Who />
			<MenuLink to="/settings" icon="settings" close={close}>
				Settings
			</MenuLink>
			<MenuLink to={INSTALL} icon="code" close={close}>
				Install snippet
			</MenuLink>
			<button type="button" onClick={toggleTheme}>
				<Icon name={dark ? "sun" : "moon"} /> {dark ? "Light theme" : "Dark theme"}
			</button>
			{mine?.via === "access" ? (
				// Access holds that session: its own address ends it.
				<a href="/cdn-cgi/access/logout">
					<Icon name="out" /> Sign out
				</a>
			) : (
				<button type="button" onClick={leave}>
					<Icon name="out" /> Sign out
				</button>
			)}
		</>
	);
}
