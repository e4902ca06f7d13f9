import { useState } from "preact/hooks";
import { useAction } from "../action.ts";
import { Field } from "../panels/field.tsx";
import { Icon } from "../panels/icon.tsx";
import { Empty } from "../panels/states.tsx";
import { useWorkspace } from "../state.ts";
import { type BuiltInKey, type KeyScope, keys, type ListedKey, makeKey, revokeKey } from "./api.ts";
import { Confirm, Listed, Once, Outcome, Section, Table, useList, When } from "./parts.tsx";
import { SCOPES, scopeName } from "./words.ts";

function Make({ made }: { made: (key: string, name: string, scope: KeyScope) => void }) {
	const [scope, setScope] = useState<KeyScope>("read");
	const [name, setName] = useState("");
	const action = useAction();
	const make = async () => {
		const { key } = await makeKey(scope, name.trim());
		made(key, name.trim(), scope);
		setName("");
	};
	return (
		<form
			class="set-form"
			onSubmit={(event) => {
				event.preventDefault();
				action.run(make);
			}}
		>
			<fieldset class="set-scopes">
				<legend>What it may do</legend>
				{SCOPES.map((one) => (
					<label key={one.scope}>
						<input
							type="radio"
							name="scope"
							value={one.scope}
							checked={scope === one.scope}
							onChange={() => setScope(one.scope)}
						/>
						<span>
							<b>{one.name}</b> {one.means}
						</span>
					</label>
				))}
			</fieldset>
			<Field label="Name" placeholder="Where it is used" value={name} change={setName} />
			<div class="set-buttons">
				<button type="submit" class="button primary" disabled={action.busy}>
					Create key
				</button>
				<Outcome action={action} />
			</div>
		</form>
	);
}

const titleOf = (key: ListedKey) => key.name || `${key.prefix}…${key.last4}`;

function Row({ one, revoke }: { one: ListedKey; revoke: () => void }) {
	return (
		<tr class={one.revoked_at === null ? "" : "gone"}>
			<th scope="row">
				<b>{one.name || "Without a name"}</b>
				<code class="set-sub">
					{one.prefix}…{one.last4}
				</code>
			</th>
			<td data-label="Scope">{scopeName(one.scope)}</td>
			<td data-label="Created">
				<When at={one.created_at} />
			</td>
			<td data-label="Last used">
				<When at={one.last_used_at} />
			</td>
			<td class="set-actions">
				{one.revoked_at === null ? (
					<button
						type="button"
						class="icon-button small"
						aria-label={`Revoke ${titleOf(one)}`}
						title="Revoke"
						onClick={revoke}
					>
						<Icon name="trash" />
					</button>
				) : (
					<span class="muted">
						revoked <When at={one.revoked_at} />
					</span>
				)}
			</td>
		</tr>
	);
}

/** The demo's: everybody knows it, and it works on this machine only. */
function BuiltInRow({ one: { key, scope } }: { one: BuiltInKey }) {
	return (
		<tr>
			<th scope="row">
				<b>Demo</b>
				<code class="set-sub">{key}</code>
			</th>
			<td data-label="Scope">{scopeName(scope)}</td>
			<td data-label="About" colSpan={3}>
				built in, works on this machine only
			</td>
		</tr>
	);
}

/** Those that work first, the newest first. */
const inOrder = (found: readonly ListedKey[]) =>
	[...found].sort(
		(a, b) => Number(a.revoked_at !== null) - Number(b.revoked_at !== null) || b.created_at - a.created_at,
	);

export function Keys() {
	const { site } = useWorkspace();
	const list = useList("keys", keys);
	const revocation = useAction();
	const [leaving, setLeaving] = useState<ListedKey | null>(null);
	const [made, setMade] = useState<{ key: string; name: string; scope: KeyScope } | null>(null);
	const revoke = async (one: ListedKey) => {
		if (!(await revocation.run(() => revokeKey(one.id)))) return;
		setLeaving(null);
		list.again();
	};
	return (
		<>
			<Section title="Keys" lead={`They let scripts, servers and pages in to ${site.name}. People have accounts.`}>
				<Listed loaded={list}>
					{({ keys: made, built_in: builtIn }) =>
						made.length + builtIn.length === 0 ? (
							<Empty title="No keys yet" />
						) : (
							<Table heads={["Key", "Scope", "Created", "Last used"]}>
								{inOrder(made).map((one) => (
									<Row
										key={one.id}
										one={one}
										revoke={() => {
											revocation.say(null);
											setLeaving(one);
										}}
									/>
								))}
								{builtIn.map((one) => (
									<BuiltInRow key={one.key} one={one} />
								))}
							</Table>
						)
					}
				</Listed>
			</Section>
			<Section title="Create a key">
				{made && (
					<Once secret={made.key} label="the key">
						{scopeName(made.scope)} key {made.name && `“${made.name}”`}: it is shown only now. Nowcast keeps no copy.
					</Once>
				)}
				<Make
					made={(key, name, scope) => {
						setMade({ key, name, scope });
						list.again();
					}}
				/>
			</Section>
			{leaving && (
				<Confirm
					title={`Revoke ${titleOf(leaving)}?`}
					verb="Revoke"
					action={revocation}
					confirm={() => revoke(leaving)}
					close={() => setLeaving(null)}
				>
					Whatever uses this {scopeName(leaving.scope).toLowerCase()} key stops working within a minute. It cannot be
					taken back.
				</Confirm>
			)}
		</>
	);
}
