/** Installs what `npm start` and `npm test` need, where it is not there yet. Plain JavaScript: it runs before anything is installed, on Node 20. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const LOCK = "package-lock.json";
/** npm's own record of what is installed; as long as it agrees with the lock file there is nothing to do. */
const INSTALLED = "node_modules/.package-lock.json";

function isInstalled() {
	if (!existsSync(INSTALLED)) return false;
	const wanted = JSON.parse(readFileSync(LOCK, "utf8")).packages;
	const found = JSON.parse(readFileSync(INSTALLED, "utf8")).packages;
	return Object.entries(wanted).every(
		([path, { version, optional }]) => path === "" || optional || found[path]?.version === version,
	);
}

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) {
	console.error(`Nowcast needs Node 20 or newer; this is ${process.version}.`);
	process.exit(1);
}
if (!isInstalled()) {
	console.log("Installing packages (once, about a minute) …");
	// Not `npm ci`: it refuses a lock file that lacks other platforms' optional binaries, which npm leaves out of it where
	// it cannot see them. The versions are those of the lock file all the same, and it is not written.
	execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "inherit" });
}
