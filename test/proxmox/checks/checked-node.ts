import type { Lab } from '../../../config/lab';
import { ApiError } from '../../../proxmox/api-client';
import type { Finding } from '../../../proxmox/checks/finding';
import type { HostFacts, ImageFacts } from '../../../proxmox/checks/node-facts';
import { checkNode } from '../../../proxmox/checks/preflight';
import { type NodeApi, readNode } from '../../../proxmox/checks/read-node';
import { deployRights, measuringRights } from '../../../proxmox/sudo-rights';
import { callApi, type TestNode } from '../../local-node/test-node';

/** What is wrong with a node, with this machine or with the way between them. */
export interface Injected {
  /** By path, without /nodes/pve/ before it: what the answer's data becomes. One that throws is an answer that fails. */
  readonly answers?: Readonly<Record<string, (data: never) => unknown>>;
  /** What is staged and not applied, as a diff. */
  readonly staged?: string;
  readonly host?: Partial<HostFacts>;
  /** Why there is no SSH. */
  readonly noHost?: string;
  readonly template?: Partial<NonNullable<ImageFacts['template']>>;
  readonly deployedBridges?: ReadonlySet<string>;
  readonly replaceableVmids?: ReadonlySet<number>;
  /** This machine's clock is behind by so many seconds. */
  readonly behindSeconds?: number;
  readonly kind?: 'local' | 'proxmox';
}

export function refusal(status: number, message: string): () => never {
  return () => {
    throw new ApiError('GET', 'path', status, message);
  };
}

/** The local node's own answers, with faults put into them. */
function faultyApi(lab: TestNode, { answers = {}, staged }: Injected): NodeApi {
  const node = (path: string) => `nodes/pve/${path}`;
  const getAnswer = async <T>(path: string, query: object = {}) => {
    const text = new URLSearchParams(query as Record<string, string>).toString();
    const { status, reason, data, ...rest } = await callApi(lab, 'GET', `/${path}${text && `?${text}`}`);
    const change = answers[path.replace('nodes/pve/', '')];
    if (status >= 400 && !change) throw new ApiError('GET', path, status, reason);
    const { changes } = rest as { changes?: string };
    return { data: (change ? change(data as never) : data) as T, changes: staged ?? changes };
  };
  return {
    node,
    getAnswer,
    get: async <T>(path: string, query = {}) => (await getAnswer<T>(path, query)).data,
  };
}

export function healthyHost(lab: Lab): HostFacts {
  return {
    uid: 0,
    name: 'pve',
    isProxmox: true,
    hasKvm: true,
    programs: new Set(['flock', 'ip', 'tc', 'nft', 'python3']),
    snippets: { directory: '/var/lib/vz/snippets', exists: true, writable: true, readOnly: false },
    sudo: new Set(
      [...deployRights('/var/lib/vz/snippets'), ...measuringRights(lab)].map(({ example }) => example),
    ),
  };
}

/** What the checks say of a node with faults put into it. */
export async function checked(
  node: TestNode,
  lab: Lab,
  injected: Injected = {},
): Promise<readonly Finding[]> {
  const [user = ''] = node.token.split('=');
  const facts = await readNode(
    {
      kind: injected.kind ?? 'proxmox',
      endpoint: 'https://pve.example.org:8006',
      credentials: { kind: 'token', token: `${user}=5ec4e7` },
    },
    lab,
    {
      api: faultyApi(node, injected),
      host: async () => {
        if (injected.noHost !== undefined) throw new Error(injected.noHost);
        return { ...healthyHost(lab), ...injected.host };
      },
      template: {
        path: '/t.qcow2',
        exists: true,
        fileBytes: 6e8,
        virtualBytes: 4 * 2 ** 30,
        ...injected.template,
      },
      tag: 'lab-0a1b2c3d',
      deployedBridges: injected.deployedBridges ?? new Set(),
      replaceableVmids: injected.replaceableVmids,
      now: () => (node.clock.seconds - (injected.behindSeconds ?? 0)) * 1000,
    },
  );
  return checkNode(facts, lab);
}
