import { signal } from "@preact/signals";
import { render } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { Failure, fetchSession } from "./api.ts";
import { askEarly } from "./dash/early.ts";
import { credential, enterSession, identity, mayHaveSession, openShare, shareToken } from "./key.ts";
import { lazy } from "./lazy.tsx";
import { Splash, WorkspacePage, warm } from "./pages/workspace.tsx";
import { hash, place, search } from "./route.ts";
import "./theme/tokens.css";
import "./theme/base.css";
import "./theme/page.css";
import "./theme/panels.css";

const wait = () => <Splash />;
const SharedPage = lazy(() => import("./dash/shared.tsx").then((part) => part.SharedPage), wait);
const InvitationPage = lazy(() => import("./settings/invitation.tsx").then((part) => part.InvitationPage), wait);
const loadLogin = () => import("./pages/login.tsx");
const Login = lazy(() => loadLogin().then((part) => part.Login), wait);

/** Is the server being asked whose cookie this is, while nobody knows better? Or why it did not say. */
const asking = signal<boolean | Failure>(false);
let asked = false;

/** Once a page. Who never had a session here sees the login meanwhile; Access may still let them in. */
function askSession(): void {
	if (asked) return;
	asked = true;
	const likely = mayHaveSession();
	asking.value = likely;
	fetchSession().then(
		(session) => {
			const wanted = new URLSearchParams(search.peek()).get("site");
			if (session !== null && credential.peek() === null) enterSession(session, wanted);
			asking.value = false;
		},
		(error) => {
			asking.value = likely && error instanceof Failure ? error : false;
		},
	);
}

/** Before anybody is known. */
function Door() {
	useLayoutEffect(askSession, []);
	const state = asking.value;
	if (state === false && (asked || !mayHaveSession())) return <Login />;
	if (!(state instanceof Failure)) return <Splash />;
	const retry = () => {
		asked = false;
		askSession();
	};
	return <Splash failure={state} retry={retry} />;
}

function App() {
	const here = place.value;
	if (here.at === "shared") {
		const signature = hash.value.slice(1);
		return <SharedPage share={here.share} signature={signature} embedded={here.embedded} />;
	}
	if (here.at === "invitation") return <InvitationPage />;
	const mine = credential.value;
	return mine === null || mine.kind === "share" ? <Door /> : <WorkspacePage key={identity.value} />;
}

/** Fetches the code of what will be shown. */
function warmUp(): void {
	const { at } = place.peek();
	if (at === "shared" || at === "invitation") return;
	if (credential.peek() !== null || mayHaveSession()) warm();
	else loadLogin().catch(() => {}); // `Login` says so
}

const here = place.peek();
if (here.at === "shared") openShare(shareToken(here.share, hash.peek().slice(1)));
credential.subscribe(() => void askEarly());
const host = document.getElementById("app");
if (host) render(<App />, host);
// What is asked of the server goes before code: a browser holds six connections, and the answers take longer.
warmUp();
