/** What Proxmox VE writes into a container's root file system: names, addresses, name servers, keys. */
import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { utils } from 'ssh2';
import type { RootFile } from '../../engine/container-engine';
import { type OptionValues, textOf } from '../../formats/option-values';
import { containerNics, hostnameOf } from './container-spec';

/** At each start, as a Debian system reads them. `nameserver` is for containers that have none of their own. */
export function networkFiles(vmid: number, values: OptionValues, nameserver: string | undefined): RootFile[] {
  const hostname = hostnameOf(vmid, values);
  const domain = textOf(values, 'searchdomain');
  const full = domain && !hostname.includes('.') ? `${hostname}.${domain.split(/[\s,;]+/)[0]} ` : '';
  const address = containerNics(values).flatMap(
    ({ option: { ip } }) => /^([\d.]+)\//.exec(String(ip))?.[1] ?? [],
  )[0];
  const servers = (textOf(values, 'nameserver') ?? nameserver ?? '').split(/[\s,;]+/).filter(Boolean);
  const lookup = [
    ...(domain ? [`search ${domain}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
  ];
  return [
    { path: '/etc/hostname', text: `${hostname}\n` },
    {
      path: '/etc/hosts',
      text: `127.0.0.1 localhost.localnet localhost\n${address ?? '127.0.1.1'} ${full}${hostname}\n`,
      marked: true,
    },
    ...(lookup.length > 0
      ? [{ path: '/etc/resolv.conf', text: `${lookup.join('\n')}\n`, marked: true }]
      : []),
    { path: '/etc/network/interfaces', text: interfacesText(values) },
  ];
}

/** ifupdown's file, the only place where Proxmox VE tells a Debian container its addresses. */
function interfacesText(values: OptionValues): string {
  const stanzas = containerNics(values).map(({ option: { name, ip, gw, ip6, gw6 } }) => {
    const family = (kind: string, given: unknown, gateway: unknown): string[] => {
      if (given === undefined) return [];
      if (!String(given).includes('/')) return [`iface ${name} ${kind} ${given}`];
      const lines = [`iface ${name} ${kind} static`, `\taddress ${given}`];
      return gateway === undefined ? lines : [...lines, `\tgateway ${gateway}`];
    };
    const four =
      ip === undefined && ip6 === undefined ? [`iface ${name} inet manual`] : family('inet', ip, gw);
    return [`auto ${name}`, ...four, ...family('inet6', ip6, gw6)].join('\n');
  });
  const loopback = 'auto lo\niface lo inet loopback\niface lo inet6 loopback';
  return `${[loopback, ...stanzas].join('\n\n')}\n\n`;
}

/** Once, at the creation: keys by which root may log in. */
export function authorizedKeys(text: string): RootFile {
  const keys = `${text.trim()}\n`;
  return { path: '/root/.ssh/authorized_keys', text: keys, mode: 0o600 };
}

const KINDS = ['rsa', 'ecdsa', 'ed25519'] as const;
const PUBLIC = { type: 'spki', format: 'pem' } as const;
const newKey = promisify(generateKeyPair);

/** A private key in the form that OpenSSH reads. */
async function privateKey(kind: (typeof KINDS)[number]): Promise<string> {
  switch (kind) {
    case 'rsa': {
      const privateKeyEncoding = { type: 'pkcs1', format: 'pem' } as const;
      return (await newKey('rsa', { modulusLength: 3072, publicKeyEncoding: PUBLIC, privateKeyEncoding }))
        .privateKey;
    }
    case 'ecdsa': {
      const privateKeyEncoding = { type: 'sec1', format: 'pem' } as const;
      return (await newKey('ec', { namedCurve: 'prime256v1', publicKeyEncoding: PUBLIC, privateKeyEncoding }))
        .privateKey;
    }
    case 'ed25519': {
      // OpenSSH's own format, which node has not. Now and then the library makes a key that cannot be read.
      for (;;) {
        const made = utils.generateKeyPairSync('ed25519').private;
        if (!(utils.parseKey(made) instanceof Error)) return made;
      }
    }
  }
}

/** SSH host keys, new for each container, as its SSH server looks for them. */
export async function hostKeys(hostname: string, log: (line: string) => void): Promise<RootFile[]> {
  const files: RootFile[] = [];
  for (const kind of KINDS) {
    const path = `/etc/ssh/ssh_host_${kind}_key`;
    log(`Creating SSH host key 'ssh_host_${kind}_key' - this may take some time ...`);
    const pem = await privateKey(kind);
    const key = utils.parseKey(pem);
    if (key instanceof Error) throw key;
    const raw = key.getPublicSSH();
    const digest = createHash('sha256').update(raw).digest('base64').replace(/=+$/, '');
    log(`done: SHA256:${digest} root@${hostname}`);
    files.push({ path, text: pem, mode: 0o600 });
    files.push({ path: `${path}.pub`, text: `${key.type} ${raw.toString('base64')} root@${hostname}\n` });
  }
  return files;
}
