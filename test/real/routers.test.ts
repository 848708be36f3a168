import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {routerContract} from '../routers/contract.ts';
import {startFileCommandRig, startHaproxyCommandRig, startHaproxyRig, startNginxRig} from '../routers/rigs.ts';

describeWithServers(['haproxy'], 'HAProxy', () => {
	routerContract('haproxy by its socket', () => startHaproxyRig('unix'));
	routerContract('haproxy by TCP', () => startHaproxyRig('tcp'));
});

describeWithServers(['nginx'], 'nginx', () => {
	routerContract('nginx', startNginxRig);
});

routerContract('command with a file', startFileCommandRig);

describeWithServers(['haproxy', 'socat'], 'command', () => {
	routerContract('command with HAProxy behind a script', startHaproxyCommandRig);
});
