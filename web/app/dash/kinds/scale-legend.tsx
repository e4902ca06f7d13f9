/** What the shades stand for. `ends`: what the palest and the fullest are, in words. */
export function ScaleLegend({ ends: [low, high], note }: { ends: [string, string]; note?: string }) {
	return (
		<div class="scale-legend">
			{note && <span class="muted">{note}</span>}
			<span>{low}</span>
			<i aria-hidden="true" />
			<span>{high}</span>
		</div>
	);
}
