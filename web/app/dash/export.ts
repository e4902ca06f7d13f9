/** A dashboard as a file, and back. */
import type { DashboardFile } from "../../../schema/dashboard.ts";
import { exportDashboard, importDashboard } from "./api.ts";
import { fileName, keepFile } from "./file.ts";

export async function keepExport(uid: string, title: string): Promise<void> {
	const file = new Blob([await exportDashboard(uid)], { type: "application/json" });
	keepFile(fileName(title, "json", new Date()), file);
}

/** Larger than any dashboard may be, bytes. */
const LARGEST = 1024 * 1024;

/** The uid of the dashboard that the file became. @throws Error, in words for the person */
export async function takeImport(file: File): Promise<string> {
	if (file.size > LARGEST) throw new Error(`${file.name} is too large for a dashboard (1 MB at most).`);
	return (await importDashboard(fileOf(await file.text(), file.name))).uid;
}

/** The server checks the whole of it; this tells what is no dashboard at all. @throws Error */
function fileOf(text: string, name: string): DashboardFile {
	let content: DashboardFile;
	try {
		content = JSON.parse(text);
	} catch {
		throw new Error(`${name} is not JSON.`);
	}
	if (content?.nowcast !== "dashboard") throw new Error(`${name} is not an exported dashboard: "nowcast" is missing.`);
	return content;
}
