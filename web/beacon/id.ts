/** 128 random bits in hex. `crypto.randomUUID` would need a secure context; sites on plain http exist. */
export const randomId = (): string =>
	Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** RFC 9562 uuid v7: 48 bits of time, the version, the variant, and 72 of the random bits (`random`: 128 in hex). */
export const uuidv7 = (now: number, random: string): string =>
	`${now.toString(16).padStart(12, "0")}7${random.slice(13)}`.replace(/(.{8})(.{4})(.{4}).(.{3})/, "$1-$2-$3-8$4-");
