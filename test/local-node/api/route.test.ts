import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CallOf, route } from '../../../local-node/api/route';
import { FLAG, GUEST, TEXT } from '../../../local-node/formats/parameter-types';

const PARAMETERS = {
  ...GUEST,
  format: { type: 'string', enum: ['raw', 'qcow2'] },
  comment: TEXT,
  purge: FLAG,
  command: { type: 'array', items: { type: 'string' } },
} as const;

/** Compiles only if both types are the same. */
type Same<A, B> = [A, B] extends [B, A] ? true : false;

test('a handler gets its parameters typed as their schema says', () => {
  const seen: unknown[] = [];
  const { handle } = route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/example',
    permission: 'authenticated',
    parameters: PARAMETERS,
    handle: (_node, { parameters: { node, vmid, format, comment, purge, command } }) => {
      const types: readonly true[] = [
        true satisfies Same<typeof node, string>,
        true satisfies Same<typeof vmid, number>,
        true satisfies Same<typeof format, 'raw' | 'qcow2'>,
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
    format: 'raw',
    comment: undefined,
    purge: true,
    command: ['id'],
  };
  const call = { caller: { userId: 'root@pam' }, parameters } as CallOf<typeof PARAMETERS>;
  handle(undefined as never, call);
  expect(seen).toEqual([101, 'raw', 6]);
});

test('no route converts a parameter by hand', () => {
  const directory = join(__dirname, '../../../local-node/api/routes');
  const byHand = readdirSync(directory).flatMap((file) =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .filter((line) =>
        /\b(Number|String)\((call\.)?parameters\b|parameters\S* as (string|number|boolean)/.test(line),
      )
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(byHand).toEqual([]);
});
