/** What a viewer's socket remembers over hibernation, and the tags by which sockets are found. */
import * as z from "zod";
import { Subscription } from "../../schema/live.ts";
import type { Topic } from "./live.ts";

export interface Attachment {
	/** What it watches, each once: at most MAX_SUBSCRIPTIONS. */
	topics: Topic[];
	/** When it opened, epoch ms. */
	at: number;
	/** Id of the viewer's API key, session or share; null: not told. */
	keyId: string | null;
}

/** The tag by which the sockets of an API key are found; those of subscriptions have a dot. */
export const keyTag = (keyId: string) => `key:${keyId}`;

/** The platform takes ten of at most 256 characters, when the socket is accepted and never again. */
export const tagsOf = ({ topics, keyId }: Attachment): string[] => [
	...topics.map(({ key }) => key),
	...(keyId === null ? [] : [keyTag(keyId)]),
];

const TopicForm = z.object({ key: z.string(), subscription: Subscription });
const rest = { at: z.number().default(0), keyId: z.string().nullable().default(null) };
/** Sockets outlive deployments: those taken before there were several subscriptions a socket have one. */
const Stored = z.union([
	z.object({ topics: z.array(TopicForm).min(1), ...rest }),
	TopicForm.extend(rest).transform(({ key, subscription, ...own }) => ({ topics: [{ key, subscription }], ...own })),
]);

/** Null for a socket that is not ours, or from a version whose subscriptions we no longer read. */
export function attachmentOf(socket: WebSocket): Attachment | null {
	return Stored.safeParse(socket.deserializeAttachment()).data ?? null;
}
