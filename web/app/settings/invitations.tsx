import { useState } from "preact/hooks";
import type { Invitation, Role } from "../../../schema/people.ts";
import { useAction } from "../action.ts";
import { Field } from "../panels/field.tsx";
import { invitations, invite, revokeInvitation } from "./api.ts";
import { addressOf } from "./members.tsx";
import { Listed, Once, Outcome, Section, Select, Table, useList, When } from "./parts.tsx";
import { ROLE_MEANS, ROLE_NAMES } from "./words.ts";

function Invite({ made }: { made: (invitation: Invitation) => void }) {
	const [email, setEmail] = useState("");
	const [role, setRole] = useState<Role>("viewer");
	const action = useAction();
	const address = email.trim();
	const submit = (event: Event) => {
		event.preventDefault();
		if (!/^\S+@\S+$/.test(address)) return action.say("Enter an email address.");
		action.run(async () => {
			made(await invite(address, role));
			setEmail("");
		});
	};
	return (
		<form class="set-inline" onSubmit={submit} noValidate>
			<Field label="Email" type="email" placeholder="ada@example.com" value={email} change={setEmail} />
			<Select label="Role" value={role} options={ROLE_NAMES} change={setRole} />
			<button type="submit" class="button primary" disabled={action.busy || address === ""}>
				Invite
			</button>
			<p class="hint">{ROLE_MEANS[role]}</p>
			<Outcome action={action} />
		</form>
	);
}

/** Links by which people become members: Nowcast sends no mail, so whoever invites passes the link on. */
export function Invitations() {
	const list = useList("invitations", invitations);
	const action = useAction();
	const [made, setMade] = useState<Invitation | null>(null);
	const revoke = async ({ id, email }: Invitation) => {
		if (!(await action.run(() => revokeInvitation(id), `The link for ${email} leads nowhere now.`))) return;
		if (made?.id === id) setMade(null);
		list.again();
	};
	return (
		<Section
			title="Invite somebody"
			lead="Makes a link that you pass on: whoever opens it chooses a password and is in."
		>
			<Invite
				made={(invitation) => {
					setMade(invitation);
					list.again();
				}}
			/>
			{made?.link && (
				<Once secret={addressOf(made.link)} label="the invitation's link">
					The link for {made.email}. It works once, ends <When at={made.expires_at} />, and is shown only now.
				</Once>
			)}
			<Outcome action={action} />
			<Listed loaded={list}>
				{(open) =>
					open.length > 0 && (
						<Table heads={["Invited", "Role", "Made", "Ends"]}>
							{open.map((invitation) => (
								<tr key={invitation.id}>
									<th scope="row">{invitation.email}</th>
									<td data-label="Role">{ROLE_NAMES.find(([role]) => role === invitation.role)?.[1]}</td>
									<td data-label="Made">
										<When at={invitation.created_at} />
									</td>
									<td data-label="Ends">
										<When at={invitation.expires_at} />
									</td>
									<td class="set-actions">
										<button
											type="button"
											class="quiet"
											disabled={action.busy}
											aria-label={`Revoke the invitation of ${invitation.email}`}
											onClick={() => revoke(invitation)}
										>
											Revoke
										</button>
									</td>
								</tr>
							))}
						</Table>
					)
				}
			</Listed>
		</Section>
	);
}
