/** The few of Node's that tests use to hand a file to another engine. Code here runs in workerd, where there is no file. */
declare module "node:fs" {
	export function mkdirSync(path: string, options: { recursive: boolean }): void;
	export function mkdtempSync(prefix: string): string;
	export function readFileSync(path: string): Uint8Array;
	export function rmSync(path: string, options: { recursive: boolean }): void;
	export function writeFileSync(path: string, bytes: Uint8Array): void;
}
