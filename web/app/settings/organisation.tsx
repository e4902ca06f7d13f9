import { useState } from "preact/hooks";
import { useAction } from "../action.ts";
import { session } from "../key.ts";
import { Field } from "../panels/field.tsx";
import { type Organisation, organisations, refreshSession, renameOrganisation } from "./api.ts";
import { Listed, Outcome, Section, useList } from "./parts.tsx";

function NameForm({ org }: { org: Organisation }) {
	const [name, setName] = useState(org.name);
	const [saved, setSaved] = useState(org.name);
	const action = useAction();
	const trimmed = name.trim();
	const save = async () => {
		await renameOrganisation(org.id, trimmed);
		setSaved(trimmed);
		if (session.peek()) await refreshSession();
	};
	return (
		<form
			class="set-inline"
			onSubmit={(event) => {
				event.preventDefault();
				action.run(save, "Saved.");
			}}
		>
			<Field label="Name" value={name} change={setName} />
			<button type="submit" class="button primary" disabled={action.busy || trimmed === "" || trimmed === saved}>
				Save name
			</button>
			<Outcome action={action} />
		</form>
	);
}

/** The organisation that owns the site. */
export function OrganisationName({ id }: { id: string }) {
	const list = useList("organisations", organisations);
	return (
		<Section title="Organisation" lead="It owns the sites, and these are its members.">
			<Listed loaded={list}>
				{(found) => {
					const org = found.find((one) => one.id === id);
					return org ? <NameForm org={org} /> : <p class="hint">This key may not name it.</p>;
				}}
			</Listed>
		</Section>
	);
}
