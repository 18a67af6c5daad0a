import fc from 'fast-check';
import { emptyConfig, formatGuestConfig, parseGuestConfig } from '../../../local-node/formats/guest-config';
import {
  type Interface,
  parseInterfaces,
  printInterfaces,
} from '../../../local-node/formats/interfaces-file';
import {
  formatStorageConfig,
  parseStorageConfig,
  type StorageDefinition,
} from '../../../local-node/formats/storage-config';
import {
  emptyUserConfig,
  newUser,
  parseUserConfig,
  printUserConfig,
} from '../../../local-node/formats/user-config';

/** Any text, with what ends lines and begins escapes often in it. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\n\r\t\0\u000b\u0085\u2028\u2029\u001b:%#[]=,;! \\'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});
const lines = fc.string({ unit: fc.constantFrom(...'\n\r\u2028%#: [äa0'), minLength: 1, maxLength: 12 });
const name = fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/);
const word = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);

/** Either the writer refuses, or what is read is what was written. */
function holds<T>(write: () => string, read: (text: string) => T, same: (value: T) => void): void {
  let text: string;
  try {
    text = write();
  } catch (fault) {
    expect((fault as Error).message).toMatch(/^detected invalid newline inside property '/);
    return;
  }
  same(read(text));
}

test('a guest reads back as it was written, or is not written, whatever is in its options', () => {
  const key = fc.stringMatching(/^[a-z]{2,8}$/).filter((text) => !['delete', 'description'].includes(text));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(key, nasty)),
      fc.option(lines, { nil: undefined }),
      (pairs, description) => {
        const values = new Map(pairs.map(([option, text]) => [option, text.trim()]));
        if (description !== undefined) values.set('description', description);
        const config = { ...emptyConfig(values), pending: new Map(pairs.map(([k, v]) => [k, v.trim()])) };
        holds(
          () => formatGuestConfig(config),
          parseGuestConfig,
          (read) => expect(read).toEqual(config),
        );
      },
    ),
  );
});

test('storages read back as they were written, or are not written, whatever their paths are', () => {
  const storage = fc.record({
    id: name,
    type: fc.constant<'dir'>('dir'),
    path: fc.oneof(nasty, word).map((text) => `/${text}`.trim()),
    content: fc.constantFrom<StorageDefinition['content']>(['images'], ['iso', 'snippets']),
    disabled: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(storage, { selector: ({ id }) => id, minLength: 1, maxLength: 4 }),
      (storages) =>
        holds(
          () => formatStorageConfig(storages),
          parseStorageConfig,
          (read) => expect(read).toEqual(storages),
        ),
    ),
  );
});

test('users, tokens, groups, pools, roles and rights read back as they were written', () => {
  const id = name.map((text) => `${text}@pve`);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(id, nasty, nasty, nasty), { selector: ([user]) => user, maxLength: 4 }),
      fc.uniqueArray(fc.tuple(name, nasty, fc.integer({ min: 100, max: 999 })), {
        selector: ([one]) => one,
        maxLength: 3,
      }),
      (users, names) => {
        const config = emptyUserConfig();
        config.users.set('root@pam', newUser());
        for (const [user, comment, firstname, keys] of users) {
          config.users.set(user, newUser({ comment, firstname, keys }));
          config.users.get(user)?.tokens.set('t1', { expire: 0, privsep: true, comment });
          config.acl.push({ path: '/', kind: 'user', subject: user, role: 'PVEAdmin', propagate: true });
        }
        for (const [one, comment, vmid] of names) {
          config.groups.set(one, { users: new Set(users.map(([user]) => user).sort()), comment });
          config.pools.set(one, { comment, vms: new Set([vmid]), storages: new Set(['local']) });
          config.roles.set(one, new Set(['VM.Audit']));
        }
        expect(parseUserConfig(printUserConfig(config))).toEqual(config);
      },
    ),
  );
});

test('a line of the users that was cut off, is of no kind or has a token of nobody is refused', () => {
  expect(() => parseUserConfig('user:root@pam:1:0:::\nacl:1:/:root@pam:Adm\n')).toThrow('line 2 is cut off');
  expect(() => parseUserConfig('nonsense:1:\n')).toThrow("line 1 cannot be read: 'nonsense:1:'");
  expect(() => parseUserConfig('token:a@pve!t:0:1::\n')).toThrow('line 1 has a token of no user');
  expect(() => parseUserConfig('')).toThrow('the file is empty');
});

test('a name of a user that would begin a new line is not written', () => {
  const config = emptyUserConfig();
  config.users.set('a@pve\nacl:1:/:a@pve:Administrator', newUser());
  expect(() => printUserConfig(config)).toThrow("detected invalid newline inside property 'user'");
});

test('interfaces read back as they were written, or are not written, whatever is in them', () => {
  const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
  const entry = fc.record({
    name: name.filter((text) => text !== 'lo'),
    autostart: fc.boolean(),
    cidr: optional(fc.constantFrom('10.0.0.1/24', '10.0.0.1/24\n\tmtu 9000', '10.0.0.1/24\r')),
    cidr6: optional(fc.constant('fd00::1/64')),
    mtu: optional(fc.integer({ min: 1280, max: 65520 })),
    ports: fc.uniqueArray(
      name.filter((text) => text !== 'none'),
      { maxLength: 2 },
    ),
    comments: optional(lines.map((text) => `${text}\n`)),
  });
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: (one) => one.name, maxLength: 3 }), (entries) => {
      const all: Interface[] = entries.map((one) => ({ ...one, type: 'bridge' }));
      holds(
        () => printInterfaces(all),
        parseInterfaces,
        (read) => expect(read).toEqual(all.map((one) => JSON.parse(JSON.stringify(one)))),
      );
    }),
  );
});

test('a network file that is empty, cut off or has a stray line is refused', () => {
  expect(() => parseInterfaces('')).toThrow('the file is empty');
  expect(() => parseInterfaces('auto vmbr0\niface vmbr0 in')).toThrow('the last line is cut off');
  expect(() => parseInterfaces('iface vmbr0 in\n')).toThrow("line 1 cannot be read: 'iface vmbr0 in'");
  expect(() => parseInterfaces('address 10.0.0.1/24\n')).toThrow('line 1 cannot be read');
});
