/** What could not be drawn, in words, under what could. */
export function Notes({ notes }: { notes: readonly string[] }) {
	if (notes.length === 0) return null;
	return (
		<ul class="kind-notes" role="status">
			{notes.map((note) => (
				<li key={note}>{note}</li>
			))}
		</ul>
	);
}
