import {type AtModifier, type Binary, type Expr, type Matcher, nameLabel, type VectorSelector} from './ast.ts';
import {formatDuration} from './duration.ts';
import {formatNumber} from './numeral.ts';
import {quote} from './quote.ts';
import {reservedWords} from './token.ts';

const plainLabel = /^[A-Za-z_][A-Za-z0-9_]*$/;
const plainName = /^[A-Za-z_:][A-Za-z0-9_:]*$/;

/** One line of PromQL that parses to the same tree again (but for its spans). */
export function printExpr(expr: Expr): string {
	switch (expr.kind) {
		case 'number':
			// A plus in front would become an operator of its own before a power.
			return formatNumber(expr.value).replace('+Inf', 'Inf');
		case 'string':
			return quote(expr.value);
		case 'paren':
			return `(${printExpr(expr.expr)})`;
		case 'unary':
			return `${expr.op}${printExpr(expr.expr)}`;
		case 'vector':
			return printSelector(expr) + printModifiers(expr.offsetMs, expr.at);
		case 'matrix': {
			const {selector} = expr;
			return `${printSelector(selector)}[${formatDuration(expr.rangeMs)}]${printModifiers(selector.offsetMs, selector.at)}`;
		}
		case 'subquery': {
			const step = expr.stepMs === undefined ? '' : formatDuration(expr.stepMs);
			return `${printExpr(expr.expr)}[${formatDuration(expr.rangeMs)}:${step}]${printModifiers(expr.offsetMs, expr.at)}`;
		}
		case 'call':
			return `${expr.name}(${expr.args.map(printExpr).join(', ')})`;
		case 'aggregate': {
			const args = expr.param ? [expr.param, expr.expr] : [expr.expr];
			const hasGrouping = expr.without || expr.grouping.length > 0;
			const grouping = hasGrouping ? ` ${expr.without ? 'without' : 'by'} ${printLabels(expr.grouping)} ` : '';
			return `${expr.op}${grouping}(${args.map(printExpr).join(', ')})`;
		}
		case 'binary':
			return `${printExpr(expr.left)} ${expr.op}${printMatching(expr)} ${printExpr(expr.right)}`;
	}
}

const printLabels = (labels: readonly string[]): string =>
	`(${labels.map(label => (plainLabel.test(label) ? label : quote(label))).join(', ')})`;

function printMatching({bool, matching}: Binary): string {
	const words = [bool ? ' bool' : ''];
	if (matching) {
		const isGrouped = matching.card === 'many-to-one' || matching.card === 'one-to-many';
		if (matching.on || matching.labels.length > 0 || isGrouped) {
			words.push(` ${matching.on ? 'on' : 'ignoring'} ${printLabels(matching.labels)}`);
		}
		if (isGrouped)
			words.push(` ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'} ${printLabels(matching.include)}`);
		if (matching.fillLeft !== undefined) words.push(` fill_left(${formatNumber(matching.fillLeft)})`);
		if (matching.fillRight !== undefined) words.push(` fill_right(${formatNumber(matching.fillRight)})`);
	}
	return words.join('');
}

/** `name{label="value"}` without range and modifiers. */
export function printSelector(selector: VectorSelector): string {
	const {name, matchers} = selector;
	const mayStandBare = name !== undefined && plainName.test(name) && !reservedWords.has(name.toLowerCase());
	const bareIndex = mayStandBare
		? matchers.findLastIndex(({name: label, op, value}) => label === nameLabel && op === '=' && value === name)
		: -1;
	const braced = matchers.filter((_, i) => i !== bareIndex);
	const front = bareIndex === -1 ? '' : (name ?? '');
	if (braced.length === 0 && front) return front;
	return `${front}{${braced.map(matcher => printMatcher(matcher, bareIndex === -1 ? name : undefined)).join(',')}}`;
}

function printMatcher(matcher: Matcher, quotedName: string | undefined): string {
	if (matcher.name === nameLabel && matcher.op === '=' && matcher.value === quotedName) return quote(matcher.value);
	const label = plainLabel.test(matcher.name) ? matcher.name : quote(matcher.name);
	return `${label}${matcher.op}${quote(matcher.value)}`;
}

function printModifiers(offsetMs: number, at: AtModifier | undefined): string {
	const time = typeof at === 'number' ? (at / 1000).toFixed(3) : `${at}()`;
	const offset = `${offsetMs < 0 ? '-' : ''}${formatDuration(Math.abs(offsetMs))}`;
	return `${at === undefined ? '' : ` @ ${time}`}${offsetMs === 0 ? '' : ` offset ${offset}`}`;
}
