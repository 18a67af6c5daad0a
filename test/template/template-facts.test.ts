import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { templateFile } from '../../template/template';
import { templateFacts } from '../../template/template-facts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'template-facts-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

function built(moodle: object): NodeJS.ProcessEnv {
  const env = { XDG_CACHE_HOME: cache };
  const { path, manifestPath } = templateFile(env);
  const header = Buffer.alloc(104);
  header.write('QFI\xfb', 'latin1');
  header.writeBigUInt64BE(4n * 2n ** 30n, 24);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, header);
  writeFileSync(manifestPath, JSON.stringify({ moodle }));
  return env;
}

test('of a template that is built its sizes are known, and why Moodle is not in it', async () => {
  const env = built({ baked: false, version: null, reason: 'no source' });
  expect(await templateFacts(templateFile(env))).toMatchObject({
    exists: true,
    fileBytes: 104,
    virtualBytes: 4 * 2 ** 30,
    withoutMoodle: 'no source',
  });
});

test('one with Moodle lacks nothing; one that is not built is no error', async () => {
  expect((await templateFacts(templateFile(built({ baked: true })))).withoutMoodle).toBeUndefined();
  expect(await templateFacts(templateFile({ XDG_CACHE_HOME: '/nowhere' }))).toMatchObject({ exists: false });
});
