/** Where the link of an invitation leads, or that of a password's reset. */
import { useState } from "preact/hooks";
import { useAction } from "../action.ts";
import { enterSession } from "../key.ts";
import { Doorway } from "../pages/doorway.tsx";
import { Field } from "../panels/field.tsx";
import { go, hash } from "../route.ts";
import { accept } from "./api.ts";
import { PasswordHint, passwordProblem } from "./password.tsx";

export function InvitationPage() {
	const token = hash.value.slice(1);
	const forgot = /^(reset|rst)_/.test(token);
	const [name, setName] = useState("");
	const [password, setPassword] = useState("");
	const action = useAction();
	const enter = async () => {
		const session = await accept(token, name.trim(), password);
		enterSession(session);
		go("/", true); // the link is used up: not a step to come back to
	};
	const submit = (event: Event) => {
		event.preventDefault();
		const wrong = name.trim() === "" ? "Enter your name." : passwordProblem(password);
		if (wrong === null)
			action.run(enter, undefined, ({ status }) =>
				status === 401 || status === 404 ? "This link was used, revoked, or is too old. Ask for another one." : null,
			);
		else action.say(wrong);
	};
	return (
		<Doorway title={token === "" ? "This link is not whole" : forgot ? "Choose a new password" : "Welcome to Nowcast"}>
			{token === "" ? (
				<p class="muted">Copy the whole link of your invitation, with what stands after the #.</p>
			) : (
				<>
					<p class="muted">
						{forgot
							? "It replaces the old one, and signs you out everywhere else."
							: "Choose how you are called here, and a password. Then you are signed in."}
					</p>
					<form onSubmit={submit} noValidate>
						<Field label="Your name" autocomplete="name" value={name} change={setName} />
						<Field label="Password" type="password" autocomplete="new-password" value={password} change={setPassword} />
						<p class="field-problem" role="alert">
							{action.problem}
						</p>
						<button type="submit" class="button primary" disabled={action.busy}>
							{action.busy ? "Signing in…" : forgot ? "Save and sign in" : "Accept and sign in"}
						</button>
						<PasswordHint />
					</form>
				</>
			)}
		</Doorway>
	);
}
