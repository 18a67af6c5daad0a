import type { AddressInfo } from 'node:net';

import {
  type Algorithms,
  type AuthContext,
  type Connection,
  type ParsedKey,
  type PublicKeyAuthContext,
  Server,
} from 'ssh2';
import type { RequireSpace } from '../base/space-guard';

import { runCommand } from './exec';
import type { SshKeys } from './keys';
import { serveSftp } from './sftp';

export interface SshServerOptions {
  readonly keys: SshKeys;
  /** 0 = any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** The only directory that SFTP shows. */
  readonly sftpRoot: string;
  /** Further directories whose files it gives. */
  readonly sftpMore?: readonly string[];
  /** Its path as clients have it. @default its own */
  readonly sftpShown?: string;
  /** Throws unless so many bytes more have room there. */
  readonly requireSpace: RequireSpace;
  /** Wraps an argument vector so that it runs in the node's namespace. */
  readonly enter: (argv: readonly string[]) => string[];
}

export interface SshServer {
  readonly port: number;
  close(): Promise<void>;
}

const USER = 'root';

/** What stands on SHA-1 is not offered, whatever the library's defaults are. */
const without = <T extends string>(...remove: T[]) => ({ append: [] as T[], prepend: [] as T[], remove });
const ALGORITHMS: Algorithms = {
  kex: without(
    'diffie-hellman-group-exchange-sha1',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group1-sha1',
  ),
  serverHostKey: without('ssh-rsa', 'ssh-dss'),
  hmac: without('hmac-sha1', 'hmac-sha1-etm@openssh.com', 'hmac-sha1-96'),
};

/** The node's SSH: root, by the generated key, on loopback; commands run in the namespace, files under the storage. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const connections = new Set<Connection>();
  const server = new Server(
    { hostKeys: [options.keys.hostKey], ident: 'pve-virtualization-lab', algorithms: ALGORITHMS },
    (client) => {
      connections.add(client);
      // Small answers must not wait for the acknowledgement of earlier ones: SFTP is request by request.
      (client as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true);
      client.on('close', () => connections.delete(client));
      client.on('error', () => client.end());
      client.on('authentication', (context) => authenticate(context, options.keys));
      client.on('ready', () => {
        client.on('session', (accept) => {
          const session = accept();
          session.on('exec', (acceptExec, _reject, info) => {
            runCommand(acceptExec(), info.command, options.enter);
          });
          session.on('sftp', (acceptSftp) => {
            serveSftp(acceptSftp(), {
              root: options.sftpRoot,
              more: options.sftpMore ?? [],
              shown: options.sftpShown ?? options.sftpRoot,
              requireSpace: options.requireSpace,
            });
          });
        });
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}

/** A public key is first offered without a signature, then shown with one. */
function authenticate(context: AuthContext, { clientKey }: SshKeys): void {
  if (context.method === 'publickey' && context.username === USER && isGenuine(context, clientKey)) {
    context.accept();
  } else {
    context.reject(['publickey']);
  }
}

function isGenuine({ key, signature, blob, hashAlgo }: PublicKeyAuthContext, expected: ParsedKey): boolean {
  if (!expected.getPublicSSH().equals(key.data)) return false;
  return !signature || !blob || expected.verify(blob, signature, hashAlgo) === true;
}
