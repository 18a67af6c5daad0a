import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programEnvironment, start } from '../machine/command';

const ROOT = join(__dirname, '..');
const GENERATED = join(ROOT, '.gen');
const STAMP = join(GENERATED, '.inputs-sha256');

/** Hash of what the bindings are generated from: the pins in cdktf.json and the generator's version. */
function inputs(): string {
  const { terraformProviders, language } = JSON.parse(readFileSync(join(ROOT, 'cdktf.json'), 'utf8')) as {
    terraformProviders: string[];
    language: string;
  };
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return createHash('sha256')
    .update(JSON.stringify([terraformProviders, language, dependencies['cdktf-cli']]))
    .digest('hex');
}

export function bindingsAreCurrent(): boolean {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs();
}

/** Generates @cdktf/provider-proxmox into .gen with `cdktf get`, unless it is there already. */
export async function ensureBindings(log: (line: string) => void): Promise<void> {
  if (bindingsAreCurrent()) return;
  log('Generating the Proxmox bindings with cdktf get (about 10 seconds, once) ...');
  // A generation that was cut off must not pass for a whole one.
  rmSync(GENERATED, { recursive: true, force: true });
  const ended = await start([join(ROOT, 'node_modules/.bin/cdktf'), 'get', '--force'], {
    cwd: ROOT,
    env: programEnvironment({ CHECKPOINT_DISABLE: '1', FORCE_COLOR: '0' }),
  });
  if (!ended.ok || !existsSync(join(GENERATED, 'providers/proxmox/index.ts'))) {
    const text = ended.stdall.trim().split('\n').slice(-12).join('\n');
    throw new Error(`cdktf get failed with exit code ${ended.exitCode}:\n${text}`);
  }
  writeFileSync(STAMP, inputs());
}
