import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CallOf, route } from '../../../local-node/api/route';
import { FLAG, GUEST, TEXT } from '../../../local-node/formats/parameter-types';

const PARAMETERS = {
  ...GUEST,
  format: { type: 'string', enum: ['raw', 'qcow2'] },
  colour: { type: 'string', format: colour, optional: true },
  name: { type: 'string', format: short },
  comment: TEXT,
  purge: FLAG,
  command: { type: 'array', items: { type: 'string' } },
} as const;

/** True only if both types are the same; any is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function colour(value: string): asserts value is 'red' | 'blue' {
  if (value !== 'red' && value !== 'blue') throw new Error('not a colour');
}

function short(value: string): void {
  if (value.length > 9) throw new Error('too long');
}

test('a handler gets its parameters typed as their schema says', () => {
  const seen: unknown[] = [];
  const { handle } = route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/example',
    permission: 'authenticated',
    parameters: PARAMETERS,
    handle: (_node, { parameters: { node, vmid, format, colour, name, comment, purge, command } }) => {
      const types: readonly true[] = [
        true satisfies Same<typeof node, string>,
        true satisfies Same<typeof vmid, number>,
        true satisfies Same<typeof format, 'raw' | 'qcow2'>,
        true satisfies Same<typeof colour, 'red' | 'blue' | undefined>,
        true satisfies Same<typeof name, string>,
        true satisfies Same<typeof comment, string | undefined>,
        true satisfies Same<typeof purge, boolean | undefined>,
        true satisfies Same<typeof command, readonly string[]>,
      ];
      seen.push(vmid + 1, format, types.length);
    },
  });
  const parameters = {
    node: 'pve',
    vmid: 100,
    format: 'raw' as const,
    colour: 'red' as const,
    name: 'web',
    comment: undefined,
    purge: true,
    command: ['id'],
  };
  const call: CallOf<typeof PARAMETERS> = {
    ...{ caller: { userId: 'root@pam' }, nodes: undefined as never },
    parameters,
  };
  handle(undefined as never, call);
  expect(seen).toEqual([101, 'raw', 8]);
});

test('no route converts a parameter by hand', () => {
  const directory = join(__dirname, '../../../local-node/api/routes');
  const byHand = readdirSync(directory).flatMap((file) =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .filter((line) => /\b(Number|String)\((call\.)?parameters\b|parameters\S* as \w/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(byHand).toEqual([]);
});
