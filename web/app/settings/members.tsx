import { useState } from "preact/hooks";
import type { Invitation, Member, Role } from "../../../schema/people.ts";
import { type Action, useAction } from "../action.ts";
import { session } from "../key.ts";
import { Icon } from "../panels/icon.tsx";
import { useWorkspace } from "../state.ts";
import { changeRole, members, refreshSession, removeMember, resetLink } from "./api.ts";
import { Invitations } from "./invitations.tsx";
import { OrganisationName } from "./organisation.tsx";
import { Confirm, Listed, Once, Outcome, Section, Select, Table, useList, When } from "./parts.tsx";
import { ROLE_NAMES } from "./words.ts";

/** The whole address of a link that the server gave as a path. */
export const addressOf = (link: string): string => new URL(link, location.href).href;

interface RowProps {
	member: Member;
	mine: boolean;
	action: Action;
	again: () => void;
	reset: (member: Member) => void;
	remove: (member: Member) => void;
}

function Row({ member, mine, action, again, reset, remove }: RowProps) {
	const { user, role } = member;
	const change = async (next: Role) => {
		const said = `${user.name} is now ${next === "viewer" ? "a viewer" : `an ${next}`}.`;
		if ((await action.run(() => changeRole(user.id, next), said)) && mine) await refreshSession();
		again();
	};
	return (
		<tr>
			<th scope="row">
				<b>{user.name}</b> {mine && <span class="set-tag">you</span>}
				<span class="set-sub">{user.email}</span>
			</th>
			<td data-label="Role">
				<Select
					bare
					label={`Role of ${user.name}`}
					value={role}
					options={ROLE_NAMES}
					change={change}
					disabled={action.busy}
				/>
			</td>
			<td data-label="Joined">
				<When at={member.joined_at} />
			</td>
			<td data-label="Last seen">
				<When at={member.last_seen_at} />
			</td>
			<td class="set-actions">
				{!mine && (
					<button
						type="button"
						class="quiet"
						aria-label={`Reset the password of ${user.name}`}
						onClick={() => reset(member)}
					>
						Reset password
					</button>
				)}
				<button
					type="button"
					class="icon-button small"
					aria-label={`Remove ${user.name}`}
					title="Remove"
					onClick={() => remove(member)}
				>
					<Icon name="trash" />
				</button>
			</td>
		</tr>
	);
}

function People() {
	const list = useList("members", members);
	const action = useAction();
	const removal = useAction();
	const [leaving, setLeaving] = useState<Member | null>(null);
	const [reset, setReset] = useState<{ member: Member; invitation: Invitation } | null>(null);
	const me = session.value?.user.id;
	const makeReset = (member: Member) =>
		action.run(async () => setReset({ member, invitation: await resetLink(member.user.id) }));
	const remove = async (member: Member) => {
		if (!(await removal.run(() => removeMember(member.user.id)))) return;
		setLeaving(null);
		action.say(null);
		if (member.user.id === me) await refreshSession();
		list.again();
	};
	const open = (member: Member) => {
		removal.say(null);
		setLeaving(member);
	};
	return (
		<Section title="Members" lead="They see every site of the organisation; what they may change is their role.">
			<Outcome action={action} />
			{reset?.invitation.link && (
				<Once secret={addressOf(reset.invitation.link)} label="the link">
					Give this link to {reset.member.user.name}: it sets a new password, once, and ends{" "}
					<When at={reset.invitation.expires_at} />. It is shown only now.
				</Once>
			)}
			<Listed loaded={list}>
				{(found) => (
					<Table heads={["Name", "Role", "Joined", "Last seen"]}>
						{found.map((member) => (
							<Row
								key={member.user.id}
								member={member}
								mine={member.user.id === me}
								action={action}
								again={list.again}
								reset={makeReset}
								remove={open}
							/>
						))}
					</Table>
				)}
			</Listed>
			{leaving && (
				<Confirm
					title={`Remove ${leaving.user.name}?`}
					verb="Remove"
					action={removal}
					confirm={() => remove(leaving)}
					close={() => setLeaving(null)}
				>
					{leaving.user.email} is signed out and sees no site of this organisation any more. What they made stays.
				</Confirm>
			)}
		</Section>
	);
}

export function Members() {
	const { site } = useWorkspace();
	return (
		<>
			<People />
			<Invitations />
			<OrganisationName id={site.org} />
		</>
	);
}
