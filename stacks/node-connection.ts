import { Construct } from 'constructs';
import type { ProviderConnection } from '../config';
import type { Lab } from '../config/lab';
import { ProxmoxProvider } from './provider';

export interface NodeConnectionProps {
  readonly lab: Pick<Lab, 'nodeName' | 'nodes'>;
  readonly connection: ProviderConnection;
}

/** The provider's connection to the node, over its API and over SSH (snippets have no upload in the API). */
export class NodeConnection extends Construct {
  constructor(scope: Construct, id: string, props: NodeConnectionProps) {
    super(scope, id);
    const { connection, lab } = props;
    new ProxmoxProvider(
      this,
      'proxmox',
      connection.kind === 'local'
        ? localNode(lab.nodeName, connection.connectionFile, connection.insecure)
        : proxmoxNode(lab, connection),
    );
  }
}

/**
 * What the provider would read of its variables, in the form that the lab has read and checked; the secrets it reads of
 * them itself.
 */
function proxmoxNode(
  { nodeName, nodes = {} }: NodeConnectionProps['lab'],
  { endpoint, insecure, ssh }: ProviderConnection & { kind: 'proxmox' },
) {
  const { address, port, username, agent } = ssh;
  // Of a node that is not named here the provider asks the API for its address.
  const others = Object.entries(nodes).flatMap(([name, { ssh }]) => (ssh ? [{ name, ...ssh }] : []));
  const nodeAttribute = [{ name: nodeName, address, port }, ...others];
  return { endpoint, insecure, ssh: { agent, username, nodeAttribute } };
}

/**
 * Terraform reads the node's connection file when it plans. Where there is none the provider gets an address at which
 * nothing answers, and ForeignGuestGuard stops the plan with what to do before any call is made.
 */
function localNode(nodeName: string, connectionFile: string, insecure: boolean) {
  const file = JSON.stringify(connectionFile);
  const connection = (path: string) => `jsondecode(file(${file})).${path}`;
  const orElse = (value: string, absent: string) => `\${try(${value}, ${JSON.stringify(absent)})}`;
  return {
    endpoint: orElse(connection('endpoint'), 'https://127.0.0.1:1'),
    apiToken: orElse(
      `trimspace(file(${connection('tokenFile')}))`,
      'node@pam!down=00000000-0000-0000-0000-000000000000',
    ),
    insecure,
    ssh: {
      agent: false,
      username: orElse(connection('ssh.username'), 'root'),
      privateKey: orElse(`file(${connection('ssh.privateKeyFile')})`, ''),
      nodeAttribute: [
        {
          name: nodeName,
          address: orElse(connection('ssh.host'), '127.0.0.1'),
          port: `\${try(${connection('ssh.port')}, 1)}` as unknown as number,
        },
      ],
    },
  };
}
