/**
 * A metrics page of any size in a process of its own, so that making it costs the process under test nothing:
 * `node bench/scrape/page-server.ts PORT SERIES`. Every counter grows from page to page.
 */
import {createServer} from 'node:http';

const [port, count] = process.argv.slice(2).map(Number);
const families = 20;
let number = 0;

function page(): string {
	number++;
	const lines: string[] = [];
	for (let family = 0; family < families; family++) {
		lines.push(`# HELP bench_${family}_total Things of kind ${family} that were done.`, `# TYPE bench_${family}_total counter`);
		for (let n = 0; n < (count ?? 0) / families; n++) {
			const labels = `method="GET",path="/api/v1/things/${n % 50}",code="${n % 7 === 0 ? 500 : 200}",shard="${n}",zone="eu-${n % 3}"`;
			lines.push(`bench_${family}_total{${labels}} ${(n + 1) * number}`);
		}
	}
	return `${lines.join('\n')}\n`;
}

createServer((_request, response) => {
	response.writeHead(200, {'content-type': 'text/plain; version=0.0.4'}).end(page());
}).listen(port, '127.0.0.1');
