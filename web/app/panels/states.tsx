import type { ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import type { Failure } from "../api.ts";
import { WorkspaceContext } from "../state.ts";
import { Icon } from "./icon.tsx";

/** What a panel shows when it has no data to show. */
export function Problem({ failure, retry }: { failure: Failure; retry: () => void }) {
	return (
		<div class="state" role="alert">
			<Icon name="warning" size={20} />
			<strong>
				{failure.code === "unreachable" ? "No connection" : failure.retryable ? "Could not load" : "Cannot be answered"}
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

interface NothingProps {
	/** Takes back what holds something back; null: nothing does. */
	clear: (() => void) | null;
	clearLabel?: string;
	/** What it means that all is filtered out. */
	filtered?: string;
	/** Where nothing is held back: what there is not, and what one might do. */
	title?: string;
	children?: ComponentChildren;
}

/** Nothing to show, and why: nothing ever arrived, nothing fits what is chosen, or there was nothing then. */
export function Nothing({
	clear,
	clearLabel = "Clear filters",
	filtered = "Nothing in this period fits what is chosen.",
	title = "Nothing in this period",
	children,
}: NothingProps) {
	// A shared link knows one dashboard, and nothing of its site.
	const isNew = useContext(WorkspaceContext)?.metrics.value.length === 0;
	if (isNew)
		return (
			<Empty title="No data yet">
				<p>It appears here as soon as events arrive.</p>
			</Empty>
		);
	if (clear)
		return (
			<Empty title="All filtered out">
				<p>{filtered}</p>
				<button type="button" class="button small" onClick={clear}>
					{clearLabel}
				</button>
			</Empty>
		);
	return <Empty title={title}>{children}</Empty>;
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
