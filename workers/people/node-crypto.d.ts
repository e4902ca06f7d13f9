/** Of node:crypto what is used here; the Workers' types have none of it, and Node's bring globals that are not there. */
declare module "node:crypto" {
	export function scrypt(
		password: string,
		salt: Uint8Array,
		length: number,
		cost: { N: number; r: number; p: number; maxmem: number },
		done: (error: Error | null, key: Uint8Array<ArrayBuffer>) => void,
	): void;
}
