/**
 * A server that lives through days in minutes. Events sent after the fact take no part in sessions, so a history with
 * sessions has to be lived; for pictures the same Worker does so under a clock that runs fast until it has caught up.
 */
import { readFileSync, writeFileSync } from "node:fs";

export class HurriedClock {
	/** When the hurry begins, epoch ms. */
	readonly began: number;
	/** How far back it begins, ms. */
	readonly span: number;
	/** Factor on the pace of time. */
	readonly speed: number;

	constructor(began: number, span: number, speed: number) {
		this.began = began;
		this.span = span;
		this.speed = speed;
	}

	now(): number {
		const real = Date.now();
		return Math.floor(real - Math.max(0, this.span - (real - this.began) * (this.speed - 1)));
	}

	/** From here on it is the real clock, epoch ms. */
	get caughtUp(): number {
		return this.began + this.span / (this.speed - 1);
	}

	/** Ms of real time until this clock shows `at`. */
	until(at: number): number {
		return Math.max(at, this.began + (at - this.began + this.span) / this.speed) - Date.now();
	}
}

/** Writes the built Worker anew, with this clock in place of the real one. Alarms are set on the platform's, the real clock. */
export function hurriedWorker(built: string, clock: HurriedClock, outFile: string): void {
	const { began, span, speed } = clock;
	const prelude = `const realNow = Date.now;
Date.now = () => { const real = realNow(); return Math.floor(real - Math.max(0, ${span} - (real - ${began}) * ${speed - 1})); };
const realTime = (at) => Math.max(at, ${began} + (at - ${began} + ${span}) / ${speed});
`;
	const source = readFileSync(built, "utf8");
	const text = source.replaceAll("storage.setAlarm(next)", "storage.setAlarm(realTime(next))");
	if (text === source) throw new Error("no alarm is set in the Worker: has its name changed?");
	writeFileSync(outFile, prelude + text);
}
