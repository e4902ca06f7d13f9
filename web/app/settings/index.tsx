/** Settings: the account, and for admins people, keys, the log of changes and the site. */
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Nav } from "../explore/nav.tsx";
import { may, session } from "../key.ts";
import { Header } from "../panels/header.tsx";
import { Empty } from "../panels/states.tsx";
import { follow, place } from "../route.ts";
import { useWorkspace } from "../state.ts";
import { Account } from "./account.tsx";
import { Audit } from "./audit.tsx";
import { Keys } from "./keys.tsx";
import { Members } from "./members.tsx";
import { SiteSettings } from "./site.tsx";
import "../theme/settings.css";

interface Tab {
	id: string;
	name: string;
	Page: ComponentType;
	admins: boolean;
}
const ACCOUNT: Tab = { id: "account", name: "Account", Page: Account, admins: false };
const TABS: readonly Tab[] = [
	ACCOUNT,
	{ id: "members", name: "Members", Page: Members, admins: true },
	{ id: "keys", name: "Keys", Page: Keys, admins: true },
	{ id: "audit", name: "Audit log", Page: Audit, admins: true },
	{ id: "site", name: "Site", Page: SiteSettings, admins: true },
];

/** Why this is not for whoever is here. */
function AdminsOnly({ name }: { name: string }) {
	const { site } = useWorkspace();
	const role = session.value?.sites.find(({ id }) => id === site.id)?.role;
	return (
		<div class="card set-section">
			<Empty title={`${name}: for admins`}>
				<p>
					{role
						? `You are ${role === "editor" ? "an editor" : "a viewer"} of ${site.name}. An admin can change your role.`
						: "This key may not change settings. Sign in with an admin key (ak_…) or as an admin."}
				</p>
			</Empty>
		</div>
	);
}

export function Settings() {
	const { site } = useWorkspace();
	const here = place.value;
	const wanted = here.at === "settings" ? here.tab : "";
	const tab = TABS.find(({ id }) => id === wanted) ?? ACCOUNT;
	const admin = may("admin");
	useEffect(() => {
		document.title = `${tab.name} · ${site.name} · Nowcast`;
	}, [tab, site]);
	return (
		<div class="page">
			<Header />
			<Nav />
			<main class="settings">
				<h2>Settings</h2>
				<nav class="set-tabs" aria-label="Settings">
					{TABS.filter(({ admins }) => admin || !admins).map(({ id, name }) => (
						<a key={id} href={`/settings/${id}`} aria-current={id === tab.id ? "page" : undefined} onClick={follow}>
							{name}
						</a>
					))}
				</nav>
				<div class="set-body" key={tab.id}>
					{tab.admins && !admin ? <AdminsOnly name={tab.name} /> : <tab.Page />}
				</div>
			</main>
		</div>
	);
}
