/**
 * cloud-init's own schema check, on a host where cloud-init is not installed: installing it would let it configure the
 * host at its next boot. Its package and the Python libraries that it needs are downloaded by the host's apt into a
 * directory of ours, checked by apt's signatures, extracted and run from there.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianMirror, readHostSources, sourcesList } from '../images/apt-sources';
import { SCHEMA_CHECK_PACKAGES } from '../images/host-tools';
import { SUITE } from '../images/root-filesystem';
import { cacheDirectory } from '../images/template';

/** cloud-init is the guests'; its libraries are of a release that has them without compiled parts, for any Python 3. */
const LIBRARY_SUITE = 'bookworm';

const run = promisify(execFile);

/** Directory that holds dist-packages of cloud-init and its libraries. Downloads it (15 s) unless it is there. */
export async function ensureSchemaChecker(env: NodeJS.ProcessEnv): Promise<string> {
  const packages = SCHEMA_CHECK_PACKAGES.map(
    (name) => `${name}/${name === 'cloud-init' ? SUITE : LIBRARY_SUITE}`,
  );
  const key = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const cache = cacheDirectory(env);
  const directory = join(cache, `cloud-init-schema-${key}`);
  if (existsSync(directory)) return directory;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'schema-'));
  try {
    const mirror = debianMirror(readHostSources());
    await writeFile(
      join(work, 'sources.list'),
      sourcesList(mirror, SUITE) + sourcesList(mirror, LIBRARY_SUITE),
    );
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'root']) {
      await mkdir(join(work, name), { recursive: true });
    }
    const options = [
      `Dir::State=${join(work, 'state')}`,
      `Dir::Cache=${join(work, 'cache')}`,
      `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::State::status=/dev/null',
      'APT::Architecture=amd64',
      'APT::Sandbox::User=',
      'Acquire::Languages=none',
    ].flatMap((option) => ['-o', option]);
    await run('apt-get', [...options, 'update'], { cwd: work, env });
    await run('apt-get', [...options, 'download', ...packages], { cwd: work, env });
    for (const name of (await readdir(work)).filter((each) => each.endsWith('.deb'))) {
      await run('dpkg-deb', ['--extract', join(work, name), join(work, 'root')], { env });
    }
    await rename(join(work, 'root/usr/lib/python3/dist-packages'), directory).catch((error) => {
      if (!existsSync(directory)) throw error; // another process was faster
    });
    return directory;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export interface SchemaVerdict {
  readonly valid: boolean;
  /** What cloud-init said. */
  readonly message: string;
}

/** Checks a cloud-config file. Deprecated keys count as faults: a guest of tomorrow may refuse them. */
export async function checkUserData(file: string, env: NodeJS.ProcessEnv): Promise<SchemaVerdict> {
  const packages = await ensureSchemaChecker(env);
  try {
    const { stdout, stderr } = await run(
      'python3',
      ['-m', 'cloudinit.cmd.main', 'schema', '--config-file', file],
      { env: { ...env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    const message = `${stdout}${stderr}`;
    return { valid: /Valid schema/.test(message) && !/deprecat/i.test(message), message };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (!/Invalid|Error/.test(`${stdout}${stderr}`)) throw error;
    return { valid: false, message: `${stdout}${stderr}` };
  }
}
