/** What the scripts for people have in common: `--help`, usage after a mistyped call, failures in words. */

/** A call that cannot be understood: its usage is shown. */
export class Misuse extends Error {
	override name = "Misuse";
}

const isMisuse = (error: unknown): boolean =>
	error instanceof Misuse || (error instanceof Error && "code" in error && /^ERR_PARSE_ARGS/.test(String(error.code)));

/** One line: parseArgs adds a second sentence on a case that nobody means. */
const wordsOf = (error: unknown): string =>
	error instanceof Error
		? error.message.replace(/ To specify a positional argument starting with.*$/s, "")
		: String(error);

/** Runs a command. Exit code 0 with `--help`, and 1 when it fails: the failure is on stderr, after a mistyped call with the usage. */
export async function run(usage: string, command: () => Promise<void>): Promise<void> {
	if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
		console.log(usage);
		return;
	}
	try {
		await command();
	} catch (error) {
		console.error(wordsOf(error));
		if (isMisuse(error)) console.error(`\n${usage}`);
		process.exitCode = 1;
	}
}
