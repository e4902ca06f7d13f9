import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** Opens a modal dialog for as long as it is there. */
export function useModal(): { current: HTMLDialogElement | null } {
	const dialog = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const element = dialog.current;
		element?.showModal();
		return () => element?.close();
	}, []);
	return dialog;
}

/** A modal on the browser's own dialog, which keeps the focus in, closes on Escape and gives the focus back. */
export function Dialog({
	title,
	kind,
	close,
	children,
}: {
	title: string;
	kind: "drawer" | "palette" | "sheet";
	close: () => void;
	children: ComponentChildren;
}) {
	const dialog = useModal();
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: the click is one on the backdrop; the keyboard has Escape
		<dialog
			class={`dialog ${kind}`}
			ref={dialog}
			aria-label={title}
			onClose={close}
			onClick={(event) => {
				if (event.target === dialog.current) close();
			}}
		>
			<div class="dialog-body">
				{kind !== "palette" && (
					<header class="dialog-head">
						<h2>{title}</h2>
						<button type="button" class="icon-button" aria-label="Close" onClick={close}>
							<Icon name="close" />
						</button>
					</header>
				)}
				{children}
			</div>
		</dialog>
	);
}
