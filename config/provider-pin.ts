import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths';

/** Version of bpg/proxmox that cdktf.json pins; one place says it. */
export function providerVersion(): string {
  const { terraformProviders } = JSON.parse(readFileSync(join(repositoryRoot, 'cdktf.json'), 'utf8')) as {
    terraformProviders: string[];
  };
  const pin = terraformProviders
    .map((entry) => /^bpg\/proxmox@(\d+\.\d+\.\d+)$/.exec(entry)?.[1])
    .find(Boolean);
  if (!pin)
    throw new Error(
      'cdktf.json pins no version of bpg/proxmox: terraformProviders needs "bpg/proxmox@X.Y.Z"',
    );
  return pin;
}
