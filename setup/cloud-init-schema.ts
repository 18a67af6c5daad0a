/**
 * cloud-init's own schema check, on a host where cloud-init is not installed: installing it would let it configure the
 * host at its next boot. Its package and the Python libraries that it needs are downloaded by the host's apt into a
 * directory of ours, checked by apt's signatures, extracted and run from there.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../config/paths';
import { run } from '../machine/command';
import { inWorkDirectory } from '../machine/work-directory';
import { debianMirror, readHostSources, sourcesList } from '../template/apt-sources';
import { SCHEMA_CHECK_PACKAGES } from '../template/host-tools';
import { SUITE } from '../template/root-filesystem';

/** cloud-init is the guests'; its libraries are of a release that has them without compiled parts, for any Python 3. */
const LIBRARY_SUITE = 'bookworm';

const PACKAGES = SCHEMA_CHECK_PACKAGES.map(
  (name) => `${name}/${name === 'cloud-init' ? SUITE : LIBRARY_SUITE}`,
);

/** Python takes a second to load cloud-init: one process checks all files, and prints a JSON line for each. */
const CHECK = `
import contextlib, io, json, sys
from cloudinit.cmd.main import main
for file in sys.argv[1:]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main(["cloud-init", "schema", "--config-file", file])
        except SystemExit as end:
            code = end.code
    print(json.dumps({"code": code, "message": said.getvalue()}))
`;

/** Directory of dist-packages of cloud-init and its libraries; its name says which they are. */
function checkerDirectory(env: NodeJS.ProcessEnv): string {
  const key = createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 12);
  return join(cacheDirectory(env), `cloud-init-schema-${key}`);
}

/** Downloads the checker (15 s) unless it is there. */
export async function ensureSchemaChecker(
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<void> {
  const directory = checkerDirectory(env);
  if (existsSync(directory)) return;
  log("Fetching cloud-init's schema check");
  await inWorkDirectory(cacheDirectory(env), 'schema', (work) => fetchChecker(work, directory, env));
}

async function fetchChecker(work: string, directory: string, env: NodeJS.ProcessEnv): Promise<void> {
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
  await run(['apt-get', ...options, 'update'], { cwd: work, env });
  await run(['apt-get', ...options, 'download', ...PACKAGES], { cwd: work, env });
  for (const name of (await readdir(work)).filter((each) => each.endsWith('.deb'))) {
    await run(['dpkg-deb', '--extract', join(work, name), join(work, 'root')], { env });
  }
  await rename(join(work, 'root/usr/lib/python3/dist-packages'), directory).catch((error) => {
    if (!existsSync(directory)) throw error; // another process was faster
  });
}

export interface SchemaVerdict {
  readonly valid: boolean;
  /** What cloud-init said. */
  readonly message: string;
}

/**
 * Checks cloud-config files; a verdict for each, in their order. Deprecated keys count as faults: a guest of tomorrow may
 * refuse them. The checker must be there (ensureSchemaChecker).
 */
export async function checkUserData(
  files: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly SchemaVerdict[]> {
  const packages = checkerDirectory(env);
  if (!existsSync(packages)) throw new Error(`${packages} is not there: \`npm test\` fetches it first`);
  const verdicts = await run(['python3', '-c', CHECK, ...files], {
    env: { ...env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
  });
  return verdicts
    .trim()
    .split('\n')
    .map((line) => {
      const { message } = JSON.parse(line) as { message: string };
      return { valid: /Valid schema/.test(message) && !/deprecat/i.test(message), message };
    });
}
