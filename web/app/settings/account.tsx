import { useState } from "preact/hooks";
import type { Session } from "../../../schema/people.ts";
import { useAction } from "../action.ts";
import { leave } from "../api.ts";
import { credential, rightOf, session, signOut } from "../key.ts";
import { Field } from "../panels/field.tsx";
import { changePassword, endSessions, rename } from "./api.ts";
import { Outcome, Section } from "./parts.tsx";
import { PasswordHint, passwordProblem } from "./password.tsx";
import { ROLE_MEANS, ROLE_NAMES, scopeName } from "./words.ts";

function Profile({ user }: Pick<Session, "user">) {
	const [name, setName] = useState(user.name);
	const action = useAction();
	const trimmed = name.trim();
	return (
		<Section title="Profile">
			<form
				class="set-form"
				onSubmit={(event) => {
					event.preventDefault();
					action.run(() => rename(trimmed), "Saved.");
				}}
			>
				<Field label="Name" autocomplete="name" value={name} change={setName} />
				<p class="set-fact">
					<span>Email</span> {user.email}
				</p>
				<div class="set-buttons">
					<button
						type="submit"
						class="button primary"
						disabled={action.busy || trimmed === "" || trimmed === user.name}
					>
						Save name
					</button>
					<Outcome action={action} />
				</div>
			</form>
		</Section>
	);
}

function Password() {
	const [current, setCurrent] = useState("");
	const [next, setNext] = useState("");
	const action = useAction();
	const change = async () => {
		const changed = await action.run(
			() => changePassword(current, next),
			"Changed. Other devices have to sign in again.",
		);
		if (!changed) return;
		setCurrent("");
		setNext("");
	};
	return (
		<Section title="Password">
			<form
				class="set-form"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					const wrong = current === "" ? "Enter your current password." : passwordProblem(next);
					if (wrong === null) change();
					else action.say(wrong);
				}}
			>
				<Field
					label="Current password"
					type="password"
					autocomplete="current-password"
					value={current}
					change={setCurrent}
				/>
				<Field label="New password" type="password" autocomplete="new-password" value={next} change={setNext} />
				<PasswordHint />
				<div class="set-buttons">
					<button type="submit" class="button primary" disabled={action.busy}>
						Change password
					</button>
					<Outcome action={action} />
				</div>
			</form>
		</Section>
	);
}

function Roles({ organisations }: Pick<Session, "organisations">) {
	return (
		<Section title="Your roles">
			<ul class="set-list">
				{organisations.map(({ id, name, role }) => (
					<li key={id}>
						<b>{name}</b>
						<span class="set-tag">{ROLE_NAMES.find(([one]) => one === role)?.[1]}</span>
						<span class="muted">{ROLE_MEANS[role]}</span>
					</li>
				))}
			</ul>
		</Section>
	);
}

function Everywhere() {
	const action = useAction();
	const end = async () => {
		if (await action.run(endSessions)) signOut();
	};
	return (
		<Section
			title="Sessions"
			lead="Lost a device, or used somebody else's? This signs you out on all of them, here too."
		>
			<div class="set-buttons">
				<button type="button" class="button danger" disabled={action.busy} onClick={end}>
					Sign out everywhere
				</button>
				<Outcome action={action} />
			</div>
		</Section>
	);
}

/** Somebody who came in by key: nobody in particular. */
function ByKey() {
	const mine = credential.value;
	const right = rightOf(mine) ?? "read";
	return (
		<Section
			title={`${scopeName(right)} key`}
			lead="You are here by a key, not by an account. It is kept in this browser until you sign out."
		>
			<p class="set-fact">
				<span>Ends in</span> <code>{mine?.kind === "key" ? mine.key.slice(-4) : ""}</code>
			</p>
			<div class="set-buttons">
				<button type="button" class="button" onClick={leave}>
					Sign out
				</button>
			</div>
		</Section>
	);
}

export function Account() {
	const mine = session.value;
	if (!mine) return <ByKey />;
	return (
		<>
			<Profile user={mine.user} />
			{mine.via === "password" ? (
				<>
					<Password />
					<Everywhere />
				</>
			) : (
				<Section title="Signing in" lead="Cloudflare Access signs you in: there is no password here.">
					<a class="button" href="/cdn-cgi/access/logout">
						Sign out of Access
					</a>
				</Section>
			)}
			<Roles organisations={mine.organisations} />
		</>
	);
}
