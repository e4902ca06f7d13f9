/** Property tests draw the same cases in every run, so that a red run is about the change; explore with FC_SEED=<number>. */
import * as fc from "fast-check";

const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
fc.configureGlobal({ seed: Number(process?.env.FC_SEED ?? 20_261_122) });
