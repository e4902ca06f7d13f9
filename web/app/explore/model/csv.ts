import type { Cell, Table } from "./tables.ts";

/** Spreadsheets run what begins like a formula, and names and props come from whoever has the public write key. */
const FORMULA = /^[=+\-@\t\r]/;

function field(cell: Cell): string {
	if (cell === null) return "";
	if (typeof cell === "number") return String(cell);
	const text = FORMULA.test(cell) ? `'${cell}` : cell;
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180, with a header; the byte order mark tells Excel that it is UTF-8. */
export function toCsv({ head, rows }: Table): string {
	return `\uFEFF${[head, ...rows].map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

/** `funnel-2026-11-22.csv` */
export const csvName = (page: string, now: Date): string => `${page}-${now.toISOString().slice(0, 10)}.csv`;
