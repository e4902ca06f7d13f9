/** UTF-8 lengths without encoding: what a TextEncoder would write (a lone surrogate becomes U+FFFD, three bytes). */
export function utf8Length(text: string): number {
	let bytes = text.length;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit < 0x80) continue;
		if (unit < 0x800) bytes += 1;
		else if (unit < 0xd800 || unit > 0xdbff || !isLowSurrogate(text.charCodeAt(i + 1))) bytes += 2;
		else {
			// A pair: two units, four bytes.
			bytes += 2;
			i++;
		}
	}
	return bytes;
}

const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** Whether a text takes at most `limit` bytes. Most texts are decided by their length alone (a unit is 1-3 bytes). */
export function fits(text: string, limit: number): boolean {
	if (text.length * 3 <= limit) return true;
	return text.length <= limit && utf8Length(text) <= limit;
}
