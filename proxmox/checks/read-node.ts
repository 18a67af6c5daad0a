import type { OlderGuests } from '../../config/deployed-lab';
import type { Lab } from '../../config/lab';
import { hasTag } from '../../config/lab-identity';
import type { Target } from '../../config/target';
import { NO_VMID, vmidOwners } from '../../config/vmids';
import type { ApiClient } from '../api-client';
import { ApiError } from '../api-client';
import { freeVmids } from '../free-vmids';
import type { BackupRow } from '../guest-backups';
import type {
  Answer,
  GuestRow,
  HostFacts,
  ImageFacts,
  InterfaceRow,
  NodeFacts,
  NodeRow,
  NodeStatus,
  Permissions,
  StorageRow,
} from './node-facts';

/** Nothing is waited for longer; a node that answers at all answers within a second. */
const DEADLINE_SECONDS = 4;
/** Where Proxmox VE keeps snippets of the storage local. */
const SNIPPETS_HOME = '/var/lib/vz';
/** vmids that are asked for one by one. */
const MOST_HIDDEN = 50;

export type NodeApi = Pick<ApiClient, 'get' | 'getAnswer' | 'node'>;

export interface ReadNodeOptions {
  readonly api: NodeApi;
  /** Asks over SSH; `directory` comes when it is known where snippets are kept. Absent = nothing is asked there. */
  readonly host?: (directory: Promise<string>, seconds: number) => Promise<HostFacts>;
  readonly template?: ImageFacts['template'];
  readonly tag?: string;
  /** Guests of before the lab had an identity. */
  readonly takenOver?: OlderGuests;
  readonly deployedBridges?: ReadonlySet<string>;
  readonly replaceableVmids?: ReadonlySet<number>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly seconds?: number;
}

/** Reads everything that the checks look at, side by side, each with a deadline. Never rejects. */
export async function readNode(
  target: Pick<Target, 'kind' | 'endpoint' | 'credentials'>,
  lab: Lab,
  options: ReadNodeOptions,
): Promise<NodeFacts> {
  const { api, now = Date.now, seconds = DEADLINE_SECONDS } = options;
  const until = <T>(what: Promise<T>) => answered(what, seconds);
  const get = <T>(path: string, query: Record<string, string> = {}) => until(api.get<T>(path, query));
  const guests = get<readonly GuestRow[]>('cluster/resources', { type: 'vm' });
  const hidden = guests.then((answer) => hiddenVmids(api, lab, answer, until));
  const [
    version,
    nodes,
    permissions,
    status,
    storages,
    network,
    rows,
    unseen,
    free,
    clock,
    cloud,
    backups,
    host,
  ] = await Promise.all([
    get<{ version?: unknown } | null>('version'),
    get<readonly NodeRow[]>('nodes'),
    get<Permissions>('access/permissions'),
    get<NodeStatus>(api.node('status')),
    get<readonly StorageRow[]>(api.node('storage')),
    until(readNetwork(api)),
    guests,
    hidden,
    Promise.all([guests, hidden]).then((found) => proposedVmids(api, lab, ...found, options.tag, until)),
    until(clockAhead(api, now)),
    readAddresses(api, lab, until),
    lab.backup &&
      get<readonly BackupRow[]>(api.node(`storage/${encodeURIComponent(lab.backup.storage)}/content`), {
        content: 'backup',
      }),
    options.host && until(options.host(snippetsDirectory(api, lab, until), seconds)),
  ]);
  return {
    endpoint: target.endpoint,
    kind: target.kind,
    login: loginOf(target),
    version: versionOf(version),
    ...{ nodes, permissions, status, storages, network, guests: rows },
    hiddenVmids: unseen,
    freeVmids: free,
    replaceableVmids: options.replaceableVmids ?? new Set(),
    clockAheadSeconds: clock,
    images: { template: options.template, cloud },
    host,
    backups,
    ...{ tag: options.tag, takenOver: options.takenOver, deployedBridges: options.deployedBridges },
  };
}

/** The answer, or why there is none by then. */
export async function answered<T>(what: Promise<T>, seconds: number): Promise<Answer<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(() => resolve({ fault: `no answer within ${seconds} s` }), seconds * 1000);
  });
  const answer = what.then(
    (value): Answer<T> => ({ value }),
    (error: unknown): Answer<T> => ({
      fault: error instanceof Error ? error.message : String(error),
      status: error instanceof ApiError ? error.status : undefined,
    }),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

type Until = <T>(what: Promise<T>) => Promise<Answer<T>>;

function versionOf(answer: Answer<{ version?: unknown } | null>): Answer<string> {
  if ('fault' in answer) return answer;
  const version = answer.value?.version;
  // Something that answers, and not as Proxmox VE does.
  return typeof version === 'string' ? { value: version } : { fault: 'no version', status: 200 };
}

function loginOf({ credentials }: Pick<Target, 'credentials'>): NodeFacts['login'] {
  return credentials.kind === 'token'
    ? { shown: credentials.token.split('=')[0] ?? '', variables: 'PROXMOX_VE_API_TOKEN' }
    : { shown: credentials.username, variables: 'PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD' };
}

async function readNetwork(api: NodeApi) {
  const { data, changes } = await api.getAnswer<readonly InterfaceRow[]>(api.node('network'));
  return { interfaces: data, staged: changes ?? undefined };
}

/** The list of guests leaves out what the login may not see; whether a vmid is free anybody may ask. */
async function hiddenVmids(
  api: NodeApi,
  lab: Lab,
  seen: Answer<readonly GuestRow[]>,
  until: Until,
): Promise<readonly number[]> {
  if ('fault' in seen) return [];
  const unseen = vmidOwners(lab)
    .map(({ vmid }) => vmid)
    .filter((vmid) => vmid !== NO_VMID && !seen.value.some((row) => row.vmid === vmid))
    .slice(0, MOST_HIDDEN);
  const answers = await Promise.all(
    unseen.map((vmid) => until(api.get('cluster/nextid', { vmid: String(vmid) }))),
  );
  return unseen.filter((_, index) => {
    const answer = answers[index];
    return answer !== undefined && 'fault' in answer && answer.status === 400;
  });
}

/** Asked for only where a guest has no vmid, or one that is not the lab's to have. */
async function proposedVmids(
  api: NodeApi,
  lab: Lab,
  seen: Answer<readonly GuestRow[]>,
  hidden: readonly number[],
  tag: string | undefined,
  until: Until,
): Promise<readonly number[]> {
  if ('fault' in seen) return [];
  const foreign = new Set(
    seen.value.filter(({ tags }) => !tag || !hasTag(tags, tag)).map(({ vmid }) => vmid),
  );
  const vms = vmidOwners(lab);
  const wanting = vms.some(({ vmid }) => vmid === NO_VMID || hidden.includes(vmid) || foreign.has(vmid));
  const answer = wanting ? await until(freeVmids(api, vms.length)) : { value: [] };
  return 'value' in answer ? answer.value : [];
}

async function clockAhead(api: NodeApi, now: () => number): Promise<number> {
  const before = now();
  const { time } = await api.get<{ time: number }>(api.node('time'));
  return time - (before + now()) / 2000;
}

async function readAddresses(
  api: NodeApi,
  { images, guests }: Lab,
  until: Until,
): Promise<ImageFacts['cloud']> {
  if (images.source !== 'cloud') return new Map();
  const names = [...new Set(guests.map(({ image }) => image))];
  const answers = await Promise.all(
    names.map(async (name) => {
      const url = images.cloud[name]?.url ?? '';
      return [
        name,
        await until(api.get<{ size?: number }>(api.node('query-url-metadata'), { url })),
      ] as const;
    }),
  );
  return new Map(answers);
}

async function snippetsDirectory(api: NodeApi, { storage }: Lab, until: Until): Promise<string> {
  const answer = await until(api.get<{ path?: string }>(`storage/${encodeURIComponent(storage.snippets)}`));
  const home = 'value' in answer ? answer.value.path : undefined;
  return `${home ?? SNIPPETS_HOME}/snippets`;
}
