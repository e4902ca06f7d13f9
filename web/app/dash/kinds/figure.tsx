import { doubt, type Style, write, writeFull } from "./model/figures.ts";
import type { GroupRow } from "./model/rows.ts";

interface FigureProps {
	value: number | null;
	style: Style;
	/** Undefined: exact. */
	error?: number | null | undefined;
}

/** A number in short, whole on hover; an estimate says that it is one, and between what it lies. */
export function Figure({ value, style, error }: FigureProps) {
	const { rough, said } = doubt(value, error);
	return (
		<span title={[writeFull(value, style), said].filter(Boolean).join(", ")}>
			{rough && <i class="about">~</i>}
			{write(value, style)}
		</span>
	);
}

/** Is there anything to compare rows with? Where no row had anything in the previous period, all would be new. */
export const hadSome = (rows: readonly Pick<GroupRow, "previous">[]): boolean =>
	rows.some(({ previous }) => previous.some(Boolean));
