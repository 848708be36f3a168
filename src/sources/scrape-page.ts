import {fail, type Result} from '../base/result.ts';
import {type Format, type Page, PageParser} from '../promql/exposition.ts';
import {type Fault, fault, quoted} from './prometheus-fault.ts';
import type {FetchedPage} from './scrape-http.ts';
import type {KeptOrNot} from './scrape-pages.ts';
import {inSlices} from './scrape-slices.ts';

/** Read at a time: well below a millisecond, even when every line is new. */
const sliceBytes = 16 * 1024;

/** Reads the pages of one target, quickly where they look like the one before. */
export class PageReader {
	readonly #dialect: '2.x' | '3.x';
	#format: Format = 'text';
	#parser: PageParser<KeptOrNot>;

	constructor(dialect: '2.x' | '3.x') {
		this.#dialect = dialect;
		this.#parser = this.#parserFor('text');
	}

	/** A page with one bad line is no page. */
	async read({bytes, contentType}: FetchedPage): Promise<Result<Page<KeptOrNot>, Fault>> {
		const format = formatOf(contentType);
		if (format !== this.#format) {
			this.#format = format;
			this.#parser = this.#parserFor(format);
		}
		const page = await inSlices(this.#parser.slices(bytes, sliceBytes));
		if (page.ok) return page;
		const {message, line, column} = page.error;
		return fail(fault('malformed', `no metrics page: line ${line}, column ${column}: ${quoted(message, 120)}`));
	}

	#parserFor(format: Format): PageParser<KeptOrNot> {
		return new PageParser({format, dialect: this.#dialect});
	}
}

/** Whatever does not call itself OpenMetrics is read as text, as Prometheus 2.x does; 3.x wants to be told. */
const formatOf = (contentType: string): Format =>
	/^\s*application\/openmetrics-text\s*(?:;|$)/i.test(contentType) ? 'openmetrics' : 'text';
