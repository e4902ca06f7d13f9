/**
 * Puts text on the clipboard; false where the browser refuses. Browsers have `navigator.clipboard` on https and
 * localhost only: elsewhere the command of old copies what is selected.
 */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copySelected(text);
	}
}

function copySelected(text: string): boolean {
	const focused = document.activeElement;
	const field = document.createElement("textarea");
	field.value = text;
	field.readOnly = true; // no keyboard slides in on a phone
	field.className = "sr-only";
	document.body.append(field);
	field.select();
	try {
		return document.execCommand("copy");
	} catch {
		return false;
	} finally {
		field.remove();
		if (focused instanceof HTMLElement) focused.focus();
	}
}
