/** Asked before what cannot be taken back. */
import { Dialog } from "../panels/dialog.tsx";

export function Sure({
	title,
	words,
	action,
	act,
	close,
}: {
	title: string;
	words: string;
	action: string;
	act: () => void;
	close: () => void;
}) {
	return (
		<Dialog title={title} kind="sheet" close={close}>
			<div class="sure">
				<p>{words}</p>
				<div class="form-foot">
					<button type="button" class="button" onClick={close}>
						Cancel
					</button>
					<span class="grow" />
					<button
						type="button"
						class="button danger"
						onClick={() => {
							close();
							act();
						}}
					>
						{action}
					</button>
				</div>
			</div>
		</Dialog>
	);
}
