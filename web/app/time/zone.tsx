import { useMemo, useState } from "preact/hooks";
import { isZone, zoneOf } from "../../../schema/core/zone.ts";
import { Icon } from "../panels/icon.tsx";
import { offsetName } from "./model.ts";

/** As many as fit under what is typed. */
const FOUND = 6;

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What some browsers list under names of old only, though they know the new ones. */
const RENAMED = [
	"America/Argentina/Buenos_Aires",
	"America/Nuuk",
	"Asia/Ho_Chi_Minh",
	"Asia/Kathmandu",
	"Asia/Kolkata",
	"Asia/Yangon",
	"Europe/Kyiv",
	"UTC",
];

/** Every zone that can be found by its name. */
export const knownZones = (): string[] => [
	...new Set([...Intl.supportedValuesOf("timeZone"), ...RENAMED.filter(isZone)]),
];

/** `Europe/Berlin` → `europe berlin`: found by any part of it, however it is written. */
const plain = (text: string) => text.toLowerCase().replaceAll(/[_/]/g, " ").trim();

/** Zones whose names hold all that is typed; first the one that is meant exactly, though a browser may not list it. */
export function findZones(all: readonly string[], typed: string): string[] {
	const wanted = plain(typed);
	if (wanted === "") return [];
	const exact = all.find((name) => plain(name) === wanted) ?? (isZone(typed.trim()) ? typed.trim() : null);
	const found = all.filter((name) => name !== exact && plain(name).includes(wanted));
	return [...(exact === null ? [] : [exact]), ...found].slice(0, FOUND);
}

interface ZoneProps {
	/** `site`, `browser` or an IANA zone. */
	choice: string;
	/** The one in force. */
	zone: string;
	siteZone: string | null;
	now: number;
	choose: (choice: string) => void;
}

/** Whose clocks times are read by. */
export function ZoneChoice({ choice, zone, siteZone, now, choose }: ZoneProps) {
	const [open, setOpen] = useState(false);
	const [typed, setTyped] = useState("");
	const all = useMemo(() => (open ? knownZones() : []), [open]);
	const own = choice === "site" || choice === "browser" || choice === "UTC" ? [] : [choice];
	const usual = [
		["site", "Site", siteZone ?? "Site"],
		["browser", "Browser", browserZone()],
		["UTC", "UTC", "UTC"],
		...own.map((name) => [name, name, name] as const),
	] as const;
	const take = (name: string) => {
		choose(name);
		setTyped("");
	};
	return (
		<div class="zone">
			<button type="button" class="zone-button" aria-expanded={open} onClick={() => setOpen(!open)}>
				<Icon name="globe" size={14} />
				<span>
					{zone} <span class="muted">{offsetName(zoneOf(zone), now)}</span>
				</span>
				<span class="zone-change">{open ? "Done" : "Time zone"}</span>
			</button>
			{open && (
				<div class="zone-list">
					{usual.map(([value, name, means]) => (
						<button type="button" key={value} aria-pressed={value === choice} onClick={() => take(value)}>
							<span>
								{name} {name !== means && <span class="muted">{means}</span>}
							</span>
							{value === choice && <Icon name="check" size={14} />}
						</button>
					))}
					<input
						type="search"
						aria-label="Another time zone"
						placeholder="Another: Tokyo, New York…"
						autocomplete="off"
						spellcheck={false}
						value={typed}
						onInput={(event) => setTyped(event.currentTarget.value)}
						onKeyDown={(event) => {
							const [first] = findZones(all, typed);
							if (event.key !== "Enter") return;
							event.preventDefault();
							if (first !== undefined) take(first);
						}}
					/>
					{findZones(all, typed).map((name) => (
						<button type="button" key={name} aria-pressed={name === choice} onClick={() => take(name)}>
							<span>
								{name} <span class="muted">{offsetName(zoneOf(name), now)}</span>
							</span>
						</button>
					))}
					{typed.trim() !== "" && findZones(all, typed).length === 0 && <p class="hint">No such time zone.</p>}
				</div>
			)}
		</div>
	);
}
