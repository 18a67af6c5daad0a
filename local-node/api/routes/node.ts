import { existsSync } from 'node:fs';
import os from 'node:os';
import { certificateFingerprint } from '../../access/certificate';
import { parametersOf } from '../../formats/call-parameters';
import { offsetSeconds } from '../../host/host-settings';
import type { LocalNode } from '../../node';
import { type Route, route } from '../route';

/** The API that the local node speaks; repoid tells it from a Proxmox VE node. */
const VERSION = { version: '9.1.10', release: '9.1', repoid: 'local-node' };

const AUDIT = { path: '/nodes/{node}', anyOf: ['Sys.Audit'] };
const MODIFY = { path: '/nodes/{node}', anyOf: ['Sys.Modify'] };

/** The node itself: version, figures, settings. */
export const nodeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/',
    permission: 'authenticated',
    parameters: {},
    handle: () => ['version', 'cluster', 'nodes', 'storage', 'access', 'pools'].map((subdir) => ({ subdir })),
  }),
  route({
    method: 'GET',
    path: '/version',
    permission: 'authenticated',
    parameters: {},
    handle: () => VERSION,
  }),
  route({
    method: 'GET',
    path: '/nodes',
    permission: 'authenticated',
    parameters: {},
    handle: async (node, { caller }) => {
      const bare = {
        ...{ type: 'node', node: node.name, id: `node/${node.name}`, status: 'online', level: '' },
        ssl_fingerprint: certificateFingerprint(node.stateDir) ?? '',
      };
      const may = node.access.has(caller, `/nodes/${node.name}`, ['Sys.Audit']);
      return [may ? { ...bare, ...(await nodeFigures(node)) } : bare];
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/version',
    permission: 'authenticated',
    parameters: parametersOf('GET /nodes/{node}/version'),
    handle: () => VERSION,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/status',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/status'),
    handle: nodeStatus,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/dns',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/dns'),
    handle: (node) => {
      const { search, servers } = node.host.settings.dns();
      const numbered = servers.slice(0, 3).map((server, index) => [`dns${index + 1}`, server]);
      return { ...(search ? { search } : {}), ...Object.fromEntries(numbered) };
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/dns',
    permission: MODIFY,
    parameters: {
      ...parametersOf('PUT /nodes/{node}/dns', 'dns1', 'dns2', 'dns3'),
      search: { type: 'string', pattern: /^[a-zA-Z0-9.-]+$/ },
    },
    handle: (node, { parameters: { search, dns1, dns2, dns3 } }) => {
      const servers = [dns1, dns2, dns3].filter((server) => server !== undefined);
      return node.host.settings.setDns({ search, servers });
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/time',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/time'),
    handle: (node) => {
      const now = node.clock.now();
      const timezone = node.host.settings.timeZone();
      const time = Math.floor(now / 1000);
      return { timezone, time, localtime: time + offsetSeconds(timezone, now) };
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/time',
    permission: MODIFY,
    parameters: parametersOf('PUT /nodes/{node}/time', 'timezone'),
    handle: (node, { parameters }) => node.host.settings.setTimeZone(parameters.timezone),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/hosts',
    permission: { path: '/', anyOf: ['Sys.Audit'] },
    parameters: parametersOf('GET /nodes/{node}/hosts'),
    handle: (node) => node.host.settings.hosts(),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/hosts',
    permission: MODIFY,
    parameters: parametersOf('POST /nodes/{node}/hosts', 'digest', 'data'),
    handle: (node, { parameters: { data, digest } }) => node.host.settings.setHosts(data, digest),
  }),
];

/** As rows of lists show a node: bytes, seconds, and the share of all CPUs' time (0 to 1). */
export async function nodeFigures(node: LocalNode): Promise<Record<string, unknown>> {
  const memory = node.host.memory();
  const disk = await node.host.rootFileSystem();
  return {
    cpu: node.host.cpu()?.cpu ?? 0,
    maxcpu: node.host.cpuInfo().cpus,
    mem: memory.used,
    maxmem: memory.total,
    disk: disk.used,
    maxdisk: disk.total,
    uptime: node.host.uptime(),
  };
}

async function nodeStatus(node: LocalNode): Promise<Record<string, unknown>> {
  const { host } = node;
  const memory = host.memory();
  // Proxmox VE itself says 0 until it has two readings to compare.
  const { cpu, wait } = host.cpu() ?? { cpu: 0, wait: 0 };
  const kernel = { sysname: os.type(), release: os.release(), version: os.version(), machine: os.machine() };
  return {
    ...{ cpu, wait, idle: 0, uptime: host.uptime() },
    loadavg: host.loadAverage().map((value) => value.toFixed(2)),
    memory: {
      total: memory.total,
      used: memory.used,
      free: memory.free,
      available: memory.available,
    },
    swap: { total: memory.swapTotal, free: memory.swapFree, used: memory.swapTotal - memory.swapFree },
    rootfs: await host.rootFileSystem(),
    ksm: { shared: host.ksmShared() ?? 0 },
    cpuinfo: { ...host.cpuInfo(), user_hz: 100 },
    kversion: `${kernel.sysname} ${kernel.release} ${kernel.version}`,
    'current-kernel': kernel,
    'boot-info': { mode: existsSync('/sys/firmware/efi') ? 'efi' : 'legacy-bios' },
    pveversion: `pve-manager/${VERSION.version}/${VERSION.repoid}`,
  };
}
