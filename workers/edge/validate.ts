/**
 * The hot path's check of one event: the same verdict as zod's `WireEvent` (a property test holds them together), as
 * plain code, because zod runs interpreted in workerd (bench/validate.ts measures both).
 */
import { LIMITS, type WireBatch, type WireEvent } from "../../schema/event.ts";
import { fits } from "./utf8.ts";

const PRINTABLE = /^[\x21-\x7e]{1,64}$/;
const CURRENCY = /^[A-Z]{3}$/;
const COUNTRY = /^[A-Z]{2}$/;
/** RFC 3339: a date, a time and an offset. Without an offset the time would depend on whoever reads it. */
const ISO = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)$/;
const TEXT_FIELDS = [
	"visitor_id",
	"user_id",
	"session_id",
	"url",
	"referrer",
	"title",
	"screen",
	"lang",
] as const satisfies (keyof WireEvent)[];
const CONTEXT_FIELDS = new Set(["ip", "user_agent", "country"]);

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && fits(value, LIMITS.stringBytes);
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
/** At most `limit` characters; one beyond the basic plane is two units of a string. */
const hasChars = (text: string, limit: number) =>
	text.length <= limit || (text.length <= 2 * limit && [...text].length <= limit);
const matches = (value: unknown, pattern: RegExp) => typeof value === "string" && pattern.test(value);

/** Whether this is an event. `explain` says why not. */
export const isWireEvent = (value: unknown): value is WireEvent => explain(value) === null;

/** Why this is not an event and what to do about it, or null if it is one. Expects what JSON.parse returns. */
export function explain(e: unknown): string | null {
	if (!isObject(e)) return "An event must be a JSON object.";
	if (e.id !== undefined && !matches(e.id, PRINTABLE)) return "id must be 1-64 printable ASCII bytes without spaces.";
	if (typeof e.name !== "string" || e.name === "" || !hasChars(e.name, LIMITS.nameChars)) {
		return "name must be a string of 1-64 characters.";
	}
	if (e.age !== undefined && !(isNumber(e.age) && e.age >= 0)) {
		return "age must be the event's age in milliseconds, 0 or more.";
	}
	if (e.ts !== undefined && typeof e.ts !== "string" && !(isNumber(e.ts) && e.ts >= 0)) {
		return "ts must be epoch milliseconds or an ISO 8601 string.";
	}
	for (const field of TEXT_FIELDS) {
		const value = e[field];
		if (value !== undefined && !isText(value)) return `${field} must be a string of at most 1 KiB.`;
	}
	if (e.value !== undefined && !isNumber(e.value)) return "value must be a finite number.";
	if (e.currency !== undefined && !matches(e.currency, CURRENCY)) {
		return "currency must be an ISO 4217 code, such as EUR.";
	}
	if (e.interactive !== undefined && typeof e.interactive !== "boolean") return "interactive must be true or false.";
	if (e.props !== undefined) {
		const problem = explainProps(e.props);
		if (problem !== null) return problem;
	}
	return e.context === undefined ? null : explainContext(e.context);
}

function explainProps(props: unknown): string | null {
	if (!isObject(props)) return "props must be a JSON object.";
	let count = 0;
	for (const key in props) {
		if (key === "__proto__") {
			// As zod does: never looked at, never kept.
			delete props[key];
			continue;
		}
		if (!fits(key, LIMITS.stringBytes)) return "A prop's name must be at most 1 KiB.";
		const value = props[key];
		if (typeof value === "string") {
			if (!fits(value, LIMITS.stringBytes)) return `The prop ${quote(key)} must be at most 1 KiB.`;
		} else if (value !== null && typeof value !== "boolean" && !isNumber(value)) {
			return `The prop ${quote(key)} must be a string, number, boolean or null: flatten nested values.`;
		}
		count++;
	}
	return count <= LIMITS.props ? null : "At most 64 props: drop some, or send a second event.";
}

function explainContext(context: unknown): string | null {
	if (!isObject(context)) return "context must be a JSON object.";
	for (const key in context) {
		if (!CONTEXT_FIELDS.has(key)) return `context has ip, user_agent and country, no ${quote(key)}.`;
	}
	if (context.ip !== undefined && !isText(context.ip)) return "context.ip must be a string of at most 1 KiB.";
	if (context.user_agent !== undefined && !isText(context.user_agent)) {
		return "context.user_agent must be a string of at most 1 KiB.";
	}
	if (context.country !== undefined && !matches(context.country, COUNTRY)) {
		return "context.country must be an ISO 3166-1 alpha-2 code, such as DE.";
	}
	return null;
}

const quote = (name: string) => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

/** A refusal of one event of a batch. */
export interface Refusal {
	code: "invalid" | "not_allowed" | "too_large";
	message: string;
}

/** The rules across fields, which depend on the key: public keys say neither when nor about whom. */
export function refusal(event: WireEvent, publicKey: boolean): Refusal | null {
	if (publicKey && event.ts !== undefined) {
		return { code: "not_allowed", message: "Write keys (pk_) may not send ts: send age, or use a server key (sk_)." };
	}
	if (publicKey && event.context !== undefined) {
		return { code: "not_allowed", message: "Write keys (pk_) may not send context: use a server key (sk_)." };
	}
	if (typeof event.ts === "string" && parseIso(event.ts) === null) {
		return { code: "invalid", message: "ts must be like 2026-11-22T10:00:00Z: date, time and offset." };
	}
	return null;
}

/** Epoch ms of an RFC 3339 time, or null. */
export function parseIso(text: string): number | null {
	if (!ISO.test(text)) return null;
	const ms = Date.parse(text);
	return Number.isNaN(ms) || ms < 0 ? null : ms;
}

/** Why this is not a batch, or null: `WireBatch`, but for the number of events (413, not 400). */
export function explainBatch(batch: unknown): string | null {
	if (!isObject(batch)) return "The body must be a JSON object { v: 1, events: [ … ] }.";
	if (batch.v !== 1) return 'This endpoint speaks version 1: send "v": 1.';
	if (batch.batch_id !== undefined && !isText(batch.batch_id)) return "batch_id must be a string of at most 1 KiB.";
	if (batch.slot !== undefined && !isSlot(batch.slot)) return "slot must be the integer that an answer returned.";
	if (!Array.isArray(batch.events) || batch.events.length === 0) {
		return "events must be an array of at least one event.";
	}
	return null;
}

const isSlot = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 4095;

/** Whether this is a batch, of whatever length. */
export const isBatch = (value: unknown): value is WireBatch => explainBatch(value) === null;
