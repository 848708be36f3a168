import {file, flag, text} from './leaf.ts';
import {envName} from './secret.ts';
import {section} from './section.ts';

export const auth = section(
	'auth',
	{
		basic: section(
			'auth.basic',
			{
				username: text({description: 'The user.'}),
				passwordFile: file({description: 'A file that holds the password; read again for each use.'}).optional(),
				passwordEnv: envName({description: 'The environment variable that holds the password.'}).optional(),
			},
			{description: 'HTTP basic authentication. The password stands in a file or in the environment, never here.'},
		).optional(),
		bearerTokenFile: file({
			description: 'A file that holds the bearer token; read again for each use, so a rotated one is taken up.',
		}).optional(),
		bearerTokenEnv: envName({description: 'The environment variable that holds the bearer token.'}).optional(),
	},
	{description: 'How to sign in: one of basic, bearerTokenFile, bearerTokenEnv.'},
);

export const tls = section(
	'tls',
	{
		caFile: file({description: "PEM: authorities to trust instead of the system's."}).optional(),
		certFile: file({description: 'PEM: a client certificate. Needs `keyFile`.'}).optional(),
		keyFile: file({description: 'PEM: the key of the client certificate.'}).optional(),
		serverName: text({description: 'The name to ask for and to verify, where it is not the host in the URL.'}).optional(),
		insecureSkipVerify: flag({
			description: 'Accept any certificate. For trying things out only; `canary check` warns about it.',
		}).default(false),
	},
	{description: "TLS, where the server's certificate is not signed by an authority of the system, or asks for one of ours."},
);
