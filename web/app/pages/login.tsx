import { useState } from "preact/hooks";
import { Failure, fetchSite } from "../api.ts";
import { DEMO_READ_KEY, isKeptByDefault, isLocal, keyProblem, signIn } from "../key.ts";
import { ThemeButton } from "../panels/header.tsx";
import { Icon, Logo } from "../panels/icon.tsx";

const refusal = (error: unknown): string => {
	if (!(error instanceof Failure)) return String(error);
	if (error.status === 401) return "No site has this key. It may have been revoked.";
	if (error.status === 403) return "This key may not read. Use a read key (rk_…).";
	return error.message;
};

/** The way in: a read or admin key, tried before it is kept. */
export function Login() {
	const [typed, setTyped] = useState("");
	const [chosen, setChosen] = useState<boolean | null>(null);
	const [problem, setProblem] = useState<string | null>(null);
	const [busy, setBusy] = useState(false);

	const remember = chosen ?? isKeptByDefault(typed.trim());

	const enter = async (value: string) => {
		const wrong = keyProblem(value);
		setProblem(wrong);
		if (wrong !== null) return;
		setBusy(true);
		try {
			await fetchSite(value);
			signIn(value, remember);
		} catch (error) {
			setProblem(refusal(error));
			setBusy(false);
		}
	};

	return (
		<main class="login">
			<div class="login-corner">
				<ThemeButton />
			</div>
			<form
				class="login-card"
				onSubmit={(event) => {
					event.preventDefault();
					enter(typed.trim());
				}}
			>
				<Logo />
				<h1>Nowcast</h1>
				<p class="muted">What happens on your site, as it happens.</p>
				<label class="field">
					<span>Key</span>
					<input
						type="password"
						autocomplete="current-password"
						spellcheck={false}
						placeholder="rk_…"
						value={typed}
						aria-invalid={problem !== null}
						aria-describedby="key-problem"
						onInput={(event) => {
							setTyped(event.currentTarget.value);
							setProblem(null);
						}}
					/>
				</label>
				<p class="field-problem" id="key-problem" role="alert">
					{problem}
				</p>
				<label class="check">
					<input type="checkbox" checked={remember} onChange={(event) => setChosen(event.currentTarget.checked)} />
					Stay signed in on this device
				</label>
				<button type="submit" class="button primary" disabled={busy}>
					{busy ? "Opening…" : "Open dashboard"}
				</button>
				{isLocal(location.hostname) && (
					<button type="button" class="button" disabled={busy} onClick={() => enter(DEMO_READ_KEY)}>
						Use the demo site <Icon name="arrow" size={14} />
					</button>
				)}
				<p class="hint">A read or admin key. It stays in this browser and is never part of an address.</p>
			</form>
		</main>
	);
}
