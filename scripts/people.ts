/** `npm run people -- invite EMAIL …`: who may sign in, over the admin API with a root key. */
import { parseArgs } from "node:util";
import * as z from "zod";
import { Invitation, Member, ROLES } from "../schema/people.ts";
import { addressOf, call, INSTANCE, print } from "./admin.ts";
import { Misuse, run } from "./command.ts";

const USAGE = `npm run people -- invite EMAIL [--role viewer|editor|admin] [--org ID]     prints the link; default: viewer
npm run people -- list [--org ID]                                        members, and invitations that are open
npm run people -- reset EMAIL [--org ID]                                 prints a link that sets a new password
npm run people -- remove EMAIL [--org ID]                                a member, or an invitation
npm run people -- organisations
npm run people -- organisation NAME                                      makes one

${INSTANCE}
The key must be a root key. Without --org it is the organisation that is there from the start.`;

/** Arguments of each command, after its name. */
const TAKES: Record<string, number> = { invite: 1, list: 0, reset: 1, remove: 1, organisations: 0, organisation: 1 };

const People = z.object({ members: z.array(Member) });
const Open = z.object({ invitations: z.array(Invitation) });
type Role = (typeof ROLES)[number];

function readArguments() {
	const options = { role: { type: "string" }, org: { type: "string" } } as const;
	const { values, positionals } = parseArgs({ allowPositionals: true, options });
	const { role = "viewer", org } = values;
	if (!isRole(role)) throw new Misuse(`There is no role ${role}.`);
	return { role, query: org === undefined ? "" : `?org=${encodeURIComponent(org)}`, positionals };
}

const isRole = (text: string): text is Role => ROLES.some((role) => role === text);

const membersOf = async (query: string) => People.parse(await call("GET", `/v1/members${query}`)).members;
const invitationsOf = async (query: string) => Open.parse(await call("GET", `/v1/invitations${query}`)).invitations;

async function memberBy(email: string, query: string): Promise<Member | undefined> {
	return (await membersOf(query)).find(({ user }) => user.email === email.toLowerCase());
}

/** The link on a line of its own, so that it can be copied and piped. */
function printLink(answer: Record<string, unknown>): void {
	const { link = "", expires_at, email, role } = Invitation.parse(answer);
	console.log(addressOf(link));
	console.error(`For ${email} (${role}), once, until ${new Date(expires_at).toISOString()}. It is shown only now.`);
}

async function reset(email: string, query: string): Promise<void> {
	const member = await memberBy(email, query);
	if (!member) throw new Error(`${email} is no member here`);
	printLink(await call("POST", `/v1/members/${encodeURIComponent(member.user.id)}/reset${query}`));
}

async function remove(email: string, query: string): Promise<Record<string, unknown>> {
	const member = await memberBy(email, query);
	if (member) return call("DELETE", `/v1/members/${encodeURIComponent(member.user.id)}${query}`);
	const invitation = (await invitationsOf(query)).find((one) => one.email === email.toLowerCase());
	if (!invitation) throw new Error(`${email} is neither a member here nor invited`);
	return call("DELETE", `/v1/invitations/${encodeURIComponent(invitation.id)}${query}`);
}

async function act(command: string, argument: string, role: Role, query: string): Promise<void> {
	if (command === "invite") printLink(await call("POST", `/v1/invitations${query}`, { email: argument, role }));
	else if (command === "reset") await reset(argument, query);
	else if (command === "remove") print(await remove(argument, query));
	else if (command === "organisations") print(await call("GET", "/v1/organisations"));
	else if (command === "organisation") print(await call("POST", "/v1/organisations", { name: argument }));
	else print({ members: await membersOf(query), invitations: await invitationsOf(query) });
}

await run(USAGE, async () => {
	const { role, query, positionals } = readArguments();
	const [command, ...rest] = positionals;
	if (command === undefined) throw new Misuse("What to do?");
	const takes = TAKES[command];
	if (takes === undefined) throw new Misuse(`There is no command ${command}.`);
	if (rest.length < takes) throw new Misuse(`${command} needs an argument.`);
	if (rest.length > takes) throw new Misuse(`${rest[takes]} is one argument too many.`);
	await act(command, rest[0] ?? "", role, query);
});
