/** Files that the person keeps, and their names. */

/** `visitors-by-country-2026-11-22.csv` */
export function fileName(title: string, ending: string, now: Date): string {
	const slug = title
		.normalize("NFC")
		.toLowerCase()
		.replace(/[^\p{Letter}\p{Number}]+/gu, "-")
		.replace(/^-+|-+$/g, "")
		.slice(0, 60);
	return `${slug || "panel"}-${now.toISOString().slice(0, 10)}.${ending}`;
}

/** Browsers fetch the object's URL after the click; by then they have it, ms. */
const FETCHED_MS = 30_000;

export function keepFile(name: string, content: Blob): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(content);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), FETCHED_MS);
}
