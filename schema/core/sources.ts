/** Was an answer (its `meta`) read from raw events, rather than from windows? */
export const isFromEvents = ({ sources }: { sources: readonly string[] }): boolean =>
	sources.includes("archive") || sources.includes("log");
