/** Tabs of a card; one alone is a heading. */
export function Tabs({
	tabs,
	chosen,
	choose,
	label,
}: {
	tabs: readonly { id: string; label: string }[];
	chosen: string;
	choose: (id: string) => void;
	label: string;
}) {
	if (tabs.length === 1) return <h2 class="card-title">{tabs[0]?.label}</h2>;
	const onKeyDown = (event: KeyboardEvent) => {
		const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
		if (by === 0) return;
		event.stopPropagation();
		const at = tabs.findIndex((tab) => tab.id === chosen);
		const next = tabs[(at + by + tabs.length) % tabs.length];
		if (!next) return;
		choose(next.id);
		const list = event.currentTarget as HTMLElement;
		list.querySelectorAll<HTMLElement>("[role=tab]")[tabs.indexOf(next)]?.focus();
	};
	return (
		<div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
			{tabs.map((tab) => (
				<button
					type="button"
					role="tab"
					key={tab.id}
					aria-selected={tab.id === chosen}
					tabIndex={tab.id === chosen ? 0 : -1}
					onClick={() => choose(tab.id)}
				>
					{tab.label}
				</button>
			))}
		</div>
	);
}
