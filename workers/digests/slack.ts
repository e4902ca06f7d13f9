/** A digest as Slack shows it, and what takes Slack's format: Mattermost, Rocket.Chat, Discord's /slack. */
import type { DigestPanel, DigestPayload } from "../../schema/digest.ts";

/** Limits of Slack's Block Kit. */
const HEADER_CHARS = 150;
const FIELDS = 10;

interface Text {
	type: "plain_text" | "mrkdwn";
	text: string;
}
type Block =
	| { type: "header"; text: Text }
	| { type: "section"; text: Text }
	| { type: "section"; fields: Text[] }
	| { type: "context"; elements: Text[] };

export interface SlackMessage {
	text: string;
	blocks: Block[];
}

const mrkdwn = (text: string): Text => ({ type: "mrkdwn", text });
/** The three characters that mean something in Slack's texts. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** `text` is what notifications show, and what those see who show no blocks. */
export function slackOf(payload: DigestPayload): SlackMessage {
	const { dashboard, panels, currency } = payload;
	const figures = panels.map((panel) => fieldOf(panel, currency));
	const [first] = panels;
	const headline = first ? `: ${escaped(first.title)} ${shown(first, first, currency)}` : "";
	return {
		text: `${escaped(dashboard.title)}, ${whenOf(payload)}${headline}`,
		blocks: [
			{ type: "header", text: { type: "plain_text", text: dashboard.title.slice(0, HEADER_CHARS) } },
			{ type: "context", elements: [mrkdwn(`${whenOf(payload)} · compared with the ${payload.every} before`)] },
			...sections(figures),
			...panels.flatMap((panel) => listOf(panel, currency)),
			{ type: "context", elements: [mrkdwn(`<${dashboard.url}|Open the dashboard>`)] },
		],
	};
}

function sections(fields: Text[]): Block[] {
	const blocks: Block[] = [];
	for (let i = 0; i < fields.length; i += FIELDS) {
		blocks.push({ type: "section", fields: fields.slice(i, i + FIELDS) });
	}
	return blocks;
}

const fieldOf = (panel: DigestPanel, currency: string | null): Text =>
	mrkdwn(`*${escaped(panel.title || panel.kind)}*\n${shown(panel, panel, currency)}`);

function listOf(panel: DigestPanel, currency: string | null): Block[] {
	if (!panel.rows) return [];
	const lines = panel.rows.map((row) => `• ${escaped(row.label.slice(0, 200))}  ${shown(row, panel, currency)}`);
	return [{ type: "section", text: mrkdwn([`*${escaped(panel.title || panel.kind)}*`, ...lines].join("\n")) }];
}

type Shown = Pick<DigestPanel, "value" | "change">;

/** `1,234  ▲ 12 %` */
function shown({ value, change }: Shown, { unit }: Pick<DigestPanel, "unit">, currency: string | null): string {
	const number = value === null ? "–" : formatted(value, unit, currency);
	if (change === null) return number;
	const percent = Math.abs(change).toLocaleString("en", { style: "percent", maximumFractionDigits: 1 });
	return `${number}  ${change > 0 ? "▲" : change < 0 ? "▼" : "="} ${percent}`;
}

export function formatted(value: number, unit: DigestPanel["unit"], currency: string | null): string {
	if (unit === "duration") return duration(value);
	if (unit === "percent") return value.toLocaleString("en", { style: "percent", maximumFractionDigits: 2 });
	if (unit === "currency" && currency !== null) return value.toLocaleString("en", { style: "currency", currency });
	return value.toLocaleString("en", { maximumFractionDigits: unit === "count" ? 0 : 2 });
}

/** `3m 12s`, `45s`, `0.8s` */
function duration(ms: number): string {
	const seconds = ms / 1000;
	if (seconds < 10) return `${Number(seconds.toFixed(1))}s`;
	const whole = Math.round(seconds);
	const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
	if (h > 0) return `${h}h ${m}m`;
	return m > 0 ? `${m}m ${s}s` : `${s}s`;
}

/** `2026-11-21`, or `2026-11-16 to 2026-11-22`: the days of the period. */
function whenOf({ period, every }: DigestPayload): string {
	const [first, end] = [period.from.slice(0, 10), period.to.slice(0, 10)];
	const last = new Date(Date.parse(`${end}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
	return every === "day" ? first : `${first} to ${last}`;
}
