import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { WeekStart } from "../../../schema/core/zone.ts";
import { Icon } from "../panels/icon.tsx";
import { addDays, addMonths, type Day, monthGrid, monthOf, weekEdge } from "./model.ts";

const utc = { timeZone: "UTC" } as const;
const MONTH = new Intl.DateTimeFormat("en-GB", { ...utc, month: "long", year: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { ...utc, weekday: "short" });
const WHOLE = new Intl.DateTimeFormat("en-GB", { ...utc, dateStyle: "full" });
const dateOf = (day: Day) => new Date(`${day}T00:00:00Z`);

interface CalendarProps {
	/** What is chosen; null where it cannot be told. */
	chosen: { first: Day; last: Day } | null;
	today: Day;
	weekStart: WeekStart;
	/** Two days and all between them, in whatever order. */
	choose: (one: Day, other: Day) => void;
}

/** Where the keys lead from a day. */
function moved(event: KeyboardEvent, day: Day, weekStart: WeekStart): Day | null {
	const months = event.shiftKey ? 12 : 1;
	switch (event.key) {
		case "ArrowLeft":
			return addDays(day, -1);
		case "ArrowRight":
			return addDays(day, 1);
		case "ArrowUp":
			return addDays(day, -7);
		case "ArrowDown":
			return addDays(day, 7);
		case "Home":
			return weekEdge(day, "first", weekStart);
		case "End":
			return weekEdge(day, "last", weekStart);
		case "PageUp":
			return addMonths(day, -months);
		case "PageDown":
			return addMonths(day, months);
		default:
			return null;
	}
}

/** A month in which two clicks choose a range, or two Enters after the arrows. */
export function Calendar({ chosen, today, weekStart, choose }: CalendarProps) {
	const [at, setAt] = useState(chosen?.last ?? today);
	const [anchor, setAnchor] = useState<Day | null>(null);
	const [reach, setReach] = useState<Day | null>(null);
	const body = useRef<HTMLDivElement>(null);
	const byKey = useRef(false);
	// Before the next key: a day of another month is gone with its focus.
	useLayoutEffect(() => {
		if (!byKey.current) return;
		byKey.current = false;
		body.current?.querySelector<HTMLElement>('button[tabindex="0"]')?.focus();
	}, [at]);
	// What is typed, or picked from the list, shows its month.
	useEffect(() => {
		if (chosen && anchor === null) setAt(chosen.last);
	}, [chosen?.last]);

	const month = monthOf(at);
	const grid = monthGrid(month, weekStart);
	const marked = anchor === null ? chosen : { first: anchor, last: reach ?? anchor };
	const [first, last] = marked === null ? [] : [marked.first, marked.last].sort();
	const pick = (day: Day) => {
		setAt(day);
		if (anchor === null) {
			setAnchor(day);
			setReach(day);
			return;
		}
		setAnchor(null);
		choose(anchor, day);
	};
	const onKeyDown = (event: KeyboardEvent) => {
		if (event.key === "Escape" && anchor !== null) {
			// The first Escape takes back the day, the second closes.
			event.preventDefault();
			setAnchor(null);
			return;
		}
		const next = moved(event, at, weekStart);
		if (next === null) return;
		event.preventDefault();
		byKey.current = true;
		setAt(next);
		setReach(next);
	};
	const title = MONTH.format(new Date(Date.UTC(month.year, month.month, 1)));
	return (
		<div class="cal">
			<div class="cal-head">
				<button
					type="button"
					class="icon-button small"
					aria-label="Month before"
					onClick={() => setAt(addMonths(at, -1))}
				>
					<Icon name="left" />
				</button>
				<b aria-live="polite">{title}</b>
				<button
					type="button"
					class="icon-button small"
					aria-label="Month after"
					onClick={() => setAt(addMonths(at, 1))}
				>
					<Icon name="right" />
				</button>
			</div>
			{/* biome-ignore-start lint/a11y/useSemanticElements: ARIA's date grid; a table's elements may not have its roles */}
			{/* biome-ignore-start lint/a11y/useFocusableInteractive: of a date grid only its days take the focus */}
			<div
				role="grid"
				ref={body}
				class="cal-grid"
				aria-label={`${title}: choose the first and the last day`}
				aria-multiselectable="true"
				onKeyDown={onKeyDown}
				onPointerLeave={() => setReach(null)}
			>
				<div role="row" class="cal-week">
					{(grid[0] ?? []).map((day) => (
						<span key={day} role="columnheader">
							{WEEKDAY.format(dateOf(day)).slice(0, 2)}
						</span>
					))}
				</div>
				{grid.map((week) => (
					<div key={week[0]} role="row" class="cal-week">
						{week.map((day) => {
							const inside = first !== undefined && last !== undefined && day >= first && day <= last;
							const classes = [
								"cal-day",
								monthOf(day).month !== month.month && "other",
								day > today && "future",
								inside && "in",
								day === first && "first",
								day === last && "last",
							];
							return (
								<button
									type="button"
									key={day}
									role="gridcell"
									aria-selected={inside}
									class={classes.filter(Boolean).join(" ")}
									tabIndex={day === at ? 0 : -1}
									aria-label={WHOLE.format(dateOf(day))}
									aria-current={day === today ? "date" : undefined}
									onClick={() => pick(day)}
									onPointerEnter={() => setReach(day)}
								>
									{Number(day.slice(8))}
								</button>
							);
						})}
					</div>
				))}
			</div>
			{/* biome-ignore-end lint/a11y/useSemanticElements: see above */}
			{/* biome-ignore-end lint/a11y/useFocusableInteractive: see above */}
			<p class="cal-hint" role="status">
				{anchor === null ? "" : "Now the last day"}
			</p>
		</div>
	);
}
