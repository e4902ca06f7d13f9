/** Live and recent windows, from the metric's own object. */
import type { MetricRpc, ReadAnswer } from "../../../durable-objects/rpc.ts";
import type { Grain } from "../../../schema/metric.ts";
import { sectionsBytes } from "../../../schema/rollup.ts";
import { type Source, TIMEOUT_MS, within } from "./source.ts";

const GRAIN_MS: Record<Grain, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** Windows of the first chunk; sketches of a thousand cells are 4 MB a window. Later chunks grow to TARGET_BYTES. */
const FIRST = { stats: 256, sketches: 16 };
/** An RPC carries at most 32 MB, and an isolate of 128 MB answers several questions at once. */
const TARGET_BYTES = 8 * 2 ** 20;
const MAX_GROWTH = 8;

export function windowSource(metric: Pick<MetricRpc, "read">): Source {
	return {
		async *read({ grain, from, to, parts, fields }) {
			let count = fields.length > 1 ? FIRST.sketches : FIRST.stats;
			for (let at = from; at < to; ) {
				const end = Math.min(to, at + count * GRAIN_MS[grain]);
				const request = { grain, from: at, to: end, parts: [...parts], fields: [...fields] };
				let answer: ReadAnswer;
				try {
					answer = await within(TIMEOUT_MS, metric.read(request));
				} catch (error) {
					// Too much for one answer: fewer windows at a time.
					if (!(error instanceof RangeError) || count === 1) throw error;
					count >>= 1;
					continue;
				}
				yield { windows: answer.windows.sort((a, b) => a.bucket - b.bucket), to: end, behindMs: answer.behindMs };
				count = nextCount(count, bytesOf(answer));
				at = end;
			}
		},
	};
}

const nextCount = (count: number, bytes: number) =>
	Math.max(1, Math.floor(count * Math.min(MAX_GROWTH, TARGET_BYTES / Math.max(1, bytes))));

const bytesOf = ({ windows }: ReadAnswer) => windows.reduce((sum, { sections }) => sum + sectionsBytes(sections), 0);
