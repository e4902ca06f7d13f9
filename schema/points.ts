/**
 * Analytics Engine: what each of its numbered columns holds, for the writer (workers/rollup/points.ts) and the SQL
 * (workers/query/sources/engine.ts) alike. One point = one cell of one closed hour; its `timestamp` is when it was
 * written, so the hour is carried as a double. Points are sampled and never amended.
 */
export const POINT_COLUMNS = {
	/** One index, because a point with two is dropped without a word: a tenant's points are sampled together. */
	tenant: "index1",
	metric: "blob1",
	/** `total`, `dim` (a declared dimension or another marginal) or `hit` (an open dimension). */
	part: "blob2",
	/** Name and value of the dimension; empty for `total`. What passed a cap has the value `(other)`. */
	dimension: "blob3",
	value: "blob4",
	/** IANA zone in which the hour is cut. */
	zone: "blob5",
	/** Start of the hour, epoch seconds. */
	hour: "double1",
	/** Events; on metric `session`, sessions. */
	count: "double2",
	/** Events with a value. */
	values: "double3",
	/** Of values; on metric `session`, of durations in ms. */
	sum: "double4",
	/** 0 where `values` is 0. */
	min: "double5",
	max: "double6",
	views: "double7",
	bounces: "double8",
	/** Estimate of distinct visitors of this hour. Hours do not add up. */
	uniques: "double9",
} as const;

export type PointField = keyof typeof POINT_COLUMNS;
export type PointPart = "total" | "dim" | "hit";

/** A point in the words of the field. */
export interface PointRow {
	tenant: string;
	metric: string;
	part: PointPart;
	dimension: string;
	value: string;
	zone: string;
	hour: number;
	count: number;
	values: number;
	sum: number;
	min: number;
	max: number;
	views: number;
	bounces: number;
	uniques: number;
}

/** A point as the binding's `writeDataPoint` takes it. */
export interface PhysicalPoint {
	indexes: [string];
	blobs: string[];
	doubles: number[];
}

const columnsOf = (kind: "blob" | "double") =>
	(Object.entries(POINT_COLUMNS) as [PointField, string][])
		.filter(([, column]) => column.startsWith(kind))
		.sort(([, x], [, y]) => Number(x.slice(kind.length)) - Number(y.slice(kind.length)))
		.map(([field]) => field);

const BLOBS = columnsOf("blob");
const DOUBLES = columnsOf("double");

/** Puts each field into its numbered column. Infinities (min and max of nothing) become 0. */
export function toPoint(row: PointRow): PhysicalPoint {
	const number = (field: PointField) => (Number.isFinite(row[field]) ? Number(row[field]) : 0);
	return { indexes: [row.tenant], blobs: BLOBS.map((field) => String(row[field])), doubles: DOUBLES.map(number) };
}
