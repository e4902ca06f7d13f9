import { useState } from "preact/hooks";
import type { Session } from "../../../schema/people.ts";
import { type Action, useAction, type Words } from "../action.ts";
import { call, Failure, fetchSite, postSession } from "../api.ts";
import { DEMO_READ_KEY, enterSession, isKeptByDefault, isLocal, keyProblem, signIn } from "../key.ts";
import { Field } from "../panels/field.tsx";
import { Icon } from "../panels/icon.tsx";
import { siteInAddress } from "../route.ts";
import { Doorway } from "./doorway.tsx";

const ofPassword: Words = ({ status }) =>
	status === 401 || status === 422 ? "No account has this email and password." : null;
const ofKey: Words = ({ status }) => {
	if (status === 401) return "No site has this key. It may have been revoked.";
	return status === 403 ? "This key may not read. Use a read key (rk_…)." : null;
};

/** A link may name the site that it is of. */
const enter = (session: Session) => enterSession(session, siteInAddress());

/** A root key has no site of its own, and may read all of them. */
const isRootKey = (error: unknown) => error instanceof Failure && error.code === "site_required";

/** The demo's own session; a server that has none takes the demo's key. */
async function enterDemo(): Promise<void> {
	try {
		enter(await call<Session>("POST", "/v1/session/demo"));
	} catch (error) {
		if (!(error instanceof Failure && error.status === 404)) throw error;
		await fetchSite(DEMO_READ_KEY);
		signIn(DEMO_READ_KEY, true);
	}
}

function Remember({ checked, change }: { checked: boolean; change: (checked: boolean) => void }) {
	return (
		<label class="check">
			<input type="checkbox" checked={checked} onChange={(event) => change(event.currentTarget.checked)} />
			Stay signed in on this device
		</label>
	);
}

function PasswordForm({ problem, busy, say, run }: Action) {
	const [email, setEmail] = useState("");
	const [password, setPassword] = useState("");
	const [remember, setRemember] = useState(true);
	const submit = (event: Event) => {
		event.preventDefault();
		if (!/^\S+@\S+$/.test(email.trim())) say("Enter the email address of your account.");
		else if (password === "") say("Enter your password.");
		else {
			const open = async () => enter(await postSession({ email: email.trim(), password, remember }));
			run(open, undefined, ofPassword);
		}
	};
	return (
		<form onSubmit={submit} noValidate>
			<Field
				label="Email"
				type="email"
				autocomplete="username"
				value={email}
				invalid={problem !== null}
				describedBy="login-problem"
				change={(value) => {
					setEmail(value);
					say(null);
				}}
			/>
			<Field
				label="Password"
				type="password"
				autocomplete="current-password"
				value={password}
				invalid={problem !== null}
				describedBy="login-problem"
				change={(value) => {
					setPassword(value);
					say(null);
				}}
			/>
			<p class="field-problem" id="login-problem" role="alert">
				{problem}
			</p>
			<Remember checked={remember} change={setRemember} />
			<button type="submit" class="button primary" disabled={busy}>
				{busy ? "Signing in…" : "Sign in"}
			</button>
		</form>
	);
}

/** By a read, edit or admin key, tried before it is kept. */
function KeyForm({ problem, busy, say, run }: Action) {
	const [typed, setTyped] = useState("");
	const [chosen, setChosen] = useState<boolean | null>(null);
	const value = typed.trim();
	const remember = chosen ?? isKeptByDefault(value);
	const submit = (event: Event) => {
		event.preventDefault();
		const wrong = keyProblem(value);
		if (wrong !== null) return say(wrong);
		const open = async () => {
			await fetchSite(value).catch((error: unknown) => {
				if (!isRootKey(error)) throw error;
			});
			signIn(value, remember);
		};
		run(open, undefined, ofKey);
	};
	return (
		<form onSubmit={submit} noValidate>
			<Field
				label="Key"
				type="password"
				autocomplete="off"
				placeholder="rk_…"
				focus
				value={typed}
				invalid={problem !== null}
				describedBy="login-problem"
				change={(next) => {
					setTyped(next);
					say(null);
				}}
			/>
			<p class="field-problem" id="login-problem" role="alert">
				{problem}
			</p>
			<Remember checked={remember} change={setChosen} />
			<button type="submit" class="button primary" disabled={busy}>
				{busy ? "Opening…" : "Open dashboard"}
			</button>
			<p class="hint">A read, edit or admin key. It stays in this browser and is never part of an address.</p>
		</form>
	);
}

/** The way in. What the address asked for opens behind it. */
export function Login() {
	const [byKey, setByKey] = useState(false);
	const tried = useAction();
	return (
		<Doorway title="Nowcast">
			<p class="muted">What happens on your site, as it happens.</p>
			{byKey ? <KeyForm {...tried} /> : <PasswordForm {...tried} />}
			{isLocal(location.hostname) && (
				<button type="button" class="button" disabled={tried.busy} onClick={() => tried.run(enterDemo)}>
					Use the demo site <Icon name="arrow" size={14} />
				</button>
			)}
			<button
				type="button"
				class="quiet login-other"
				onClick={() => {
					tried.say(null);
					setByKey(!byKey);
				}}
			>
				{byKey ? "Use email and password instead" : "Use a key instead"}
			</button>
		</Doorway>
	);
}
