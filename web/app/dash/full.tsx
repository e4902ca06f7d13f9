/** One panel that fills the screen; Escape, or its cross, leaves. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function FullScreen({
	label,
	leave,
	children,
}: {
	label: string;
	leave: () => void;
	children: ComponentChildren;
}) {
	const dialog = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const element = dialog.current;
		element?.showModal();
		return () => element?.close();
	}, []);
	return (
		<dialog
			class="panel-full"
			ref={dialog}
			aria-label={label}
			onCancel={(event) => {
				event.preventDefault();
				leave();
			}}
		>
			{children}
		</dialog>
	);
}
