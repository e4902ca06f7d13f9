import type { ComponentChildren } from "preact";
import type { Failure } from "../api.ts";
import { Icon } from "./icon.tsx";

/** What a panel shows when it has no data to show. */
export function Problem({ failure, retry }: { failure: Failure; retry: () => void }) {
	return (
		<div class="state" role="alert">
			<Icon name="warning" size={20} />
			<strong>
				{failure.status === 0 ? "No connection" : failure.retryable ? "Could not load" : "Cannot be answered"}
			</strong>
			<p>{failure.message}</p>
			{failure.retryable && (
				<button type="button" class="button small" onClick={retry}>
					Try again
				</button>
			)}
		</div>
	);
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
	return (
		<div class="state">
			<strong>{title}</strong>
			{children}
		</div>
	);
}

/** Small print over data that stays while its refresh fails or drags on. */
export function Notice({ failure, slow, retry }: { failure: Failure | null; slow: boolean; retry: () => void }) {
	if (failure)
		return (
			<div class="notice bad" role="alert">
				<Icon name="warning" size={14} />
				<span title={failure.message}>Not up to date</span>
				<button type="button" onClick={retry}>
					Retry
				</button>
			</div>
		);
	return slow ? (
		<div class="notice" role="status">
			Still loading…
		</div>
	) : null;
}
