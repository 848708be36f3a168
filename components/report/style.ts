/** The report's one style sheet: system fonts, light and dark by preference, paper for print. */
export const style = `
:root {
	--page: #f6f7f9; --card: #fff; --ink: #16202c; --muted: #5c6b7c; --rule: #c3ccd6; --grid: #e8ecf0; --line: #2563a8; --band: #cfe0f2;
	--seen: #8a4fb5; --good: #14794a; --good-soft: #e2f4ea; --bad: #b3261e; --bad-soft: #fbe6e4; --open: #8a5a00; --open-soft: #fdf1d8;
	color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
	:root {
		--page: #0f151c; --card: #172029; --ink: #e4eaf1; --muted: #93a3b5; --rule: #3a4857; --grid: #243140; --line: #6db1f2; --band: #1f3f5f;
		--seen: #c69be6; --good: #5cd196; --good-soft: #12382a; --bad: #ff8a80; --bad-soft: #45201e; --open: #f2c265; --open-soft: #3d2f12;
	}
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1220px; margin: 0 auto; padding: 28px 24px 48px; }
header { display: flex; gap: 20px; align-items: flex-start; justify-content: space-between; flex-wrap: wrap; margin-bottom: 18px; }
h1 { margin: 0 0 4px; font-size: 24px; line-height: 1.25; letter-spacing: -0.01em; }
header p { margin: 0; color: var(--muted); }
.verdict { padding: 10px 20px; border-radius: 10px; font-size: 20px; font-weight: 700; letter-spacing: 0.04em; }
.PASS { background: var(--good-soft); color: var(--good); }
.FAIL { background: var(--bad-soft); color: var(--bad); }
.INCONCLUSIVE { background: var(--open-soft); color: var(--open); }
section { background: var(--card); border: 1px solid var(--grid); border-radius: 10px; padding: 16px 20px 18px; margin-top: 16px; }
h2 { margin: 0 0 10px; font-size: 16px; }
h3 { margin: 18px 0 6px; font-size: 14px; }
ul { margin: 0; padding-left: 20px; }
li { margin: 3px 0; overflow-wrap: anywhere; }
ul.missing { list-style: "✗ "; color: var(--bad); }
ul.reasons { font-weight: 600; }
ul.cautions { color: var(--open); }
.PASS-list { color: var(--good); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--muted); font-weight: 600; border-bottom: 1px solid var(--rule); padding: 5px 12px 5px 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--grid); padding: 5px 12px 5px 0; vertical-align: top; overflow-wrap: break-word; }
tr:last-child td { border-bottom: 0; }
td:first-child { font-weight: 550; }
.number { text-align: right; }
td.number { white-space: nowrap; }
.events { color: var(--muted); font: 11px ui-monospace, "DejaVu Sans Mono", monospace; white-space: nowrap; font-weight: 400; }
.sum { font: 10.5px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; min-width: 220px; }
td.good { color: var(--good); font-weight: 600; } td.bad { color: var(--bad); font-weight: 600; } td.open { color: var(--open); font-weight: 600; } td.none { color: var(--muted); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 14px 22px; }
.wide { grid-column: 1 / -1; }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; gap: 10px; justify-content: space-between; color: var(--muted); font-size: 12.5px; }
figcaption b { color: var(--ink); }
figure svg { display: block; width: 100%; height: auto; }
pre { margin: 4px 0 12px; padding: 10px 12px; background: var(--page); border-radius: 6px; font: 11.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 20px; }
.pair h3 { color: var(--muted); font-weight: 600; }
.note, footer { color: var(--muted); font-size: 12.5px; }
footer { margin-top: 20px; }
@media print {
	:root { --page: #fff; --card: #fff; --ink: #000; --muted: #444; --rule: #999; --grid: #ddd; --line: #1d4f86; --band: #d5e3f2; --seen: #6d3a94;
		--good: #0c5c36; --good-soft: #e2f4ea; --bad: #a01b14; --bad-soft: #fbe6e4; --open: #6f4800; --open-soft: #fdf1d8; color-scheme: light; }
	@page { margin: 12mm; size: A4 landscape; }
	* { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
	body { font-size: 11px; } main { padding: 0; max-width: none; }
	section { border: 0; border-top: 1px solid var(--rule); border-radius: 0; padding: 10px 0; margin-top: 8px; }
	table { font-size: 9.5px; } tr, figure, li { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; }
	.events { white-space: normal; font-size: 8.5px; } .sum { min-width: 0; font-size: 8px; }
	td, th { padding-right: 7px; }
}
`;
