/** One panel that fills the screen; Escape, or its cross, leaves. */
import type { ComponentChildren } from "preact";
import { useModal } from "../panels/dialog.tsx";

export function FullScreen({
	label,
	leave,
	children,
}: {
	label: string;
	leave: () => void;
	children: ComponentChildren;
}) {
	const dialog = useModal();
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
