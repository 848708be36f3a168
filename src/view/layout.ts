import type {Size} from './scene.ts';
import {type Pane, panes} from './ui-state.ts';

export type Rect = {readonly x: number; readonly y: number; readonly columns: number; readonly rows: number};

/** Where everything stands. Panes without a place are collapsed: their digit zooms them. */
export type Layout = {
	readonly alarm: Rect;
	readonly header: Rect;
	readonly panes: Readonly<Partial<Record<Pane, Rect>>>;
	/** A load burst while it runs, across the screen beneath the panes; no rows otherwise. */
	readonly burst: Rect;
	/** One row for answers, filters and collapsed panes; no rows on a small screen. */
	readonly status: Rect;
	/** In a replay: where it stands in the record, and what is wrong with the record; no rows otherwise. */
	readonly scrubber: Rect;
	readonly keys: Rect;
	readonly sparklines: boolean;
	readonly trafficDetail: boolean;
	/** Rows of the guardrail pane's foot that draw a chart of one guardrail: only where nothing else needs them. */
	readonly chartRows: number;
	/** Too small for frames: the verdict, the split and the guardrails in trouble as plain rows. */
	readonly bare: boolean;
};

/** What the panes would like to have, in rows with their frames. */
export type Wishes = {
	readonly guardrails: number;
	readonly traffic: number;
	readonly alarm: number;
	readonly chart: boolean;
	readonly scrubber?: number;
	readonly burst?: number;
};

/** Less than this is no pane. */
const paneRowsMin = 4;
/** From here on two columns of panes. */
const twoColumnsFrom = 100;
/** Below this a sparkline would take the value's room. */
const sparklinesFrom = 64;
/** Below this there is no room for frames. */
const framesFromRows = 14;
const framesFromColumns = 48;

/**
 * A fixed order of collapse: errors, timeline, sparklines, traffic detail. The verdict, the split and the key for a rollback are in
 * the header and the footer, which never go.
 */
export function layoutFor({columns, rows}: Size, wishes: Wishes, zoomed?: Pane): Layout {
	const bare = rows < framesFromRows || columns < framesFromColumns;
	const alarmRows = Math.min(wishes.alarm, Math.max(1, Math.floor(rows / 5)));
	const alarm = {x: 0, y: 0, columns, rows: wishes.alarm > 0 ? alarmRows : 0};
	const header = {
		x: 0,
		y: alarm.rows,
		columns,
		rows: bare ? Math.min(5, Math.max(1, rows - 2 - alarm.rows - (wishes.scrubber ?? 0))) : 3,
	};
	const keys = {x: 0, y: rows - 1, columns, rows: 1};
	const status = {x: 0, y: rows - 2, columns, rows: bare ? 0 : 1};
	const top = header.y + header.rows;
	const scrubberRows = Math.max(0, Math.min(wishes.scrubber ?? 0, rows - top - keys.rows - 1));
	const scrubber = {x: 0, y: keys.y - status.rows - scrubberRows, columns, rows: scrubberRows};
	const room = Math.max(0, rows - top - scrubberRows - status.rows - keys.rows);
	const burst = burstRowsFor(room, wishes.burst ?? 0, bare || zoomed !== undefined);
	const body = {x: 0, y: top, columns, rows: room - burst};
	const common = {
		alarm,
		header,
		status: {...status, y: keys.y - status.rows},
		burst: {x: 0, y: top + body.rows, columns, rows: burst},
		scrubber,
		keys,
		bare,
		sparklines: columns >= sparklinesFrom,
	};
	if (zoomed)
		return {
			...common,
			panes: {[zoomed]: body},
			trafficDetail: true,
			chartRows: zoomed === 'guardrails' ? chartRowsFor(body, wishes) : 0,
		};
	if (bare) return {...common, panes: {guardrails: body}, trafficDetail: false, chartRows: 0};
	return {...common, ...(columns >= twoColumnsFrom ? twoColumns(body, wishes) : oneColumn(body, wishes))};
}

/** From here on a burst gets all it wants; from `burstFrameFrom` on a frame with what matters most; else a row. */
const burstWholeFrom = 26;
const burstFrameFrom = 15;

function burstRowsFor(room: number, wanted: number, small: boolean): number {
	if (wanted === 0 || room < 3) return 0;
	if (small || room < burstFrameFrom) return 1;
	return room >= burstWholeFrom ? wanted : Math.min(wanted, 4);
}

type Placed = Pick<Layout, 'panes' | 'trafficDetail' | 'chartRows'>;

/** The list below keeps at least this much before a chart gets any. */
const errorsRowsBeforeChart = 10;
const chartRowsMin = 7;
const chartRowsMax = 16;

/** A chart may take a third of the room, when that is enough for one. */
function chartRowsFor({rows}: Rect, wishes: Wishes): number {
	const rest = rows - wishes.guardrails - errorsRowsBeforeChart;
	const wanted = Math.min(chartRowsMax, Math.floor(rows / 3.3), rest);
	return wishes.chart && wanted >= chartRowsMin ? wanted : 0;
}

function twoColumns(body: Rect, wishes: Wishes): Placed {
	const leftColumns = Math.round(body.columns * (body.columns >= 160 ? 0.6 : 0.62));
	const left = {...body, columns: leftColumns};
	const right = {...body, x: leftColumns, columns: body.columns - leftColumns};
	const chartRows = chartRowsFor(left, wishes);
	const [guardrails, errors] = stacked(left, wishes.guardrails + chartRows);
	const [traffic, timeline] = stacked(right, wishes.traffic);
	return {
		chartRows,
		panes: {guardrails, traffic, ...(timeline && {timeline}), ...(errors && {errors})},
		trafficDetail: true,
	};
}

/** The upper pane gets what it wants; the lower one the rest, or nothing when the rest is no pane. */
function stacked(column: Rect, wanted: number): readonly [Rect, Rect | undefined] {
	const rest = column.rows - wanted;
	if (rest < paneRowsMin) {
		// A list that doesn't fit anyway leaves the lower pane its minimum, if it keeps most of the room.
		const spare = column.rows - paneRowsMin - 2;
		if (spare < wanted * 0.75 || spare < paneRowsMin) return [column, undefined];
		return split(column, spare);
	}
	return split(column, wanted);
}

const split = (column: Rect, upper: number): readonly [Rect, Rect] => [
	{...column, rows: upper},
	{...column, y: column.y + upper, rows: column.rows - upper},
];

function oneColumn(body: Rect, wishes: Wishes): Placed {
	const [guardrails, below] = stacked(body, wishes.guardrails);
	if (!below) return {panes: {guardrails}, trafficDetail: false, chartRows: 0};
	const half = Math.floor(below.columns / 2);
	const errorsRows = below.rows - wishes.traffic;
	const middleRows = errorsRows >= paneRowsMin + 2 ? wishes.traffic : below.rows;
	const detail = middleRows >= 6;
	const middle = {...below, rows: middleRows};
	const beside = {
		traffic: {...middle, columns: half},
		timeline: {...middle, x: half, columns: middle.columns - half},
	};
	const errors = middleRows < below.rows ? {...below, y: below.y + middleRows, rows: below.rows - middleRows} : undefined;
	return {panes: {guardrails, ...beside, ...(errors && {errors})}, trafficDetail: detail, chartRows: 0};
}

/** The panes that have no place, in the order they went. */
export const collapsed = ({panes: placed}: Layout): readonly Pane[] => panes.filter(pane => !placed[pane]);
