import { flag } from "../model/label.ts";
import { NONE, OTHER } from "../model/words.ts";

/** Some systems have no flags in their fonts and show letters instead: then a country's code does better as a chip. */
function drawsFlags(): boolean {
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = 20;
	const context = canvas.getContext("2d", { willReadFrequently: true });
	if (!context) return false;
	context.font = "16px sans-serif";
	context.fillStyle = "#000";
	context.fillText(flag("DE"), 0, 16);
	const { data } = context.getImageData(0, 0, 20, 20);
	for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] && (data[i + 3] ?? 0) > 128) return true;
	return false;
}
let flags: boolean | null = null;

/** The small sign before a value of a list. */
export function Mark({ dim, value }: { dim: string; value: string }) {
	if (dim !== "country") return null;
	if (value === NONE || value === OTHER || !/^[A-Z]{2}$/.test(value)) return <span class="chip-code none">··</span>;
	flags ??= drawsFlags();
	return flags ? (
		<span class="flag" aria-hidden="true">
			{flag(value)}
		</span>
	) : (
		<span class="chip-code" aria-hidden="true">
			{value}
		</span>
	);
}
