import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Library from 'cdktf';
import type * as Stack from '../../stacks/lab-stack';
import type * as Synthesized from './synthesized';

/** The bindings are read twice, some thousands of lines each time. */
jest.setTimeout(120_000);

/** cdk.tf.json of the lab as the library makes it; CDKTF names its own version only in what it writes to the disk. */
function stackBy(library: 'cdktf' | 'cdktn', change?: (draft: Synthesized.Draft) => void): string {
  jest.resetModules();
  jest.doMock('cdktf', () => jest.requireActual(library));
  const { labWith, synthesizedText } = require('./synthesized') as typeof Synthesized;
  const { LabStack } = require('../../stacks/lab-stack') as typeof Stack;
  const { TerraformStack } = jest.requireActual(library) as typeof Library;
  expect(LabStack.prototype).toBeInstanceOf(TerraformStack);
  return synthesizedText(labWith(change), { requireApplication: true });
}

afterEach(() => {
  jest.dontMock('cdktf');
});

test.each<[string, ((draft: Synthesized.Draft) => void) | undefined]>([
  ['lab of this project', undefined],
  ['lab of 60 guests', (draft) => (require('./synthesized') as typeof Synthesized).manyGuests(60)(draft)],
])('the %s is the same stack, byte for byte, by CDKTF and by cdktn, its successor', (_lab, change) => {
  const successor = stackBy('cdktn', change);
  expect(successor.length).toBeGreaterThan(10_000);
  expect(successor).toBe(stackBy('cdktf', change));
});

test("the provider's classes are named in one file", () => {
  const stacks = join(__dirname, '../../stacks');
  const naming = readdirSync(stacks, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && readFileSync(join(stacks, file), 'utf8').includes("'@cdktf/provider-"),
  );
  expect(naming).toEqual(['provider.ts']);
});
