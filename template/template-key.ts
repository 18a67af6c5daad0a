import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { loadRoles } from '../config';
import type { Roles } from '../config/roles';
import { DISK_BYTES, diskRecipe, masterBootRecord } from './disk';
import { moodleSource, moodleSourceDigest } from './moodle-source';
import { IMAGE_SCRIPTS, mmdebstrapArguments, templatePackages } from './root-filesystem';

/** To be raised where the order of the build's steps changes what comes out of them. */
const STEPS = 1;

/**
 * What goes into a template, as text: packages and options of the tools that make it, the disk's layout, and every file
 * that is copied in or run inside. Not the source of the builder, which says where and when. Package versions are not
 * part of it: a template ages until its inputs change or it is removed.
 */
export function templateInputs(roles: Roles): readonly string[] {
  const rootfs = join(__dirname, 'rootfs');
  const scripts = IMAGE_SCRIPTS.map((file) => basename(file));
  const packages = templatePackages(roles);
  const args = mmdebstrapArguments({
    packages,
    rootfs: 'rootfs',
    scripts,
    moodleTar: 'moodle.tar',
    aptOptions: [],
  });
  return [
    String(STEPS),
    ...args,
    JSON.stringify(diskRecipe('root-uuid')),
    masterBootRecord(Buffer.alloc(0), DISK_BYTES).toString('hex'),
    ...filesBelow(rootfs).map((file) => asText(file, `rootfs/${relative(rootfs, file)}`)),
    ...IMAGE_SCRIPTS.map((file) => asText(file, basename(file))),
  ];
}

/** Digest of the template's inputs and of the source of Moodle; part of the image's name. */
export function templateKey(
  env: NodeJS.ProcessEnv,
  inputs: readonly string[] = templateInputs(loadRoles(env)),
): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input}\0`);
  return hash
    .update(moodleSourceDigest(moodleSource(env)))
    .digest('hex')
    .slice(0, 16);
}

function asText(file: string, name: string): string {
  return `${name}\0${statSync(file).mode & 0o111 ? 'x' : ''}\0${readFileSync(file, 'latin1')}`;
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}
