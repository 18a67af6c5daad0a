import { validate } from '../../../local-node/api/parameters';
import { ApiError } from '../../../local-node/base/api-error';
import type { ParameterSchema, PropertyFormat } from '../../../local-node/formats/schema';

const NET: PropertyFormat = {
  defaultKey: 'model',
  keys: {
    model: { type: 'string', enum: ['virtio', 'e1000'] },
    bridge: { type: 'string', optional: true },
    mtu: { type: 'integer', minimum: 1, optional: true },
    firewall: { type: 'boolean', optional: true },
  },
};
const SCHEMAS: Readonly<Record<string, ParameterSchema>> = {
  vmid: { type: 'integer', minimum: 100 },
  onboot: { type: 'boolean', optional: true },
  name: { type: 'string', pattern: /^[a-z]+$/, maxLength: 5, optional: true },
  net0: { type: 'string', format: NET, optional: true },
  checksum: { type: 'string', optional: true, requires: 'algorithm' },
  algorithm: { type: 'string', optional: true },
  command: { type: 'array', items: { type: 'string' }, optional: true },
};

function faults(raw: Record<string, unknown>): Readonly<Record<string, string>> {
  try {
    validate(SCHEMAS, raw);
  } catch (fault) {
    if (fault instanceof ApiError && fault.status === 400) return fault.errors ?? {};
  }
  throw new Error('the parameters were taken');
}

test('parameters come out typed as their schemas say', () => {
  expect(validate(SCHEMAS, { vmid: '100', onboot: '1', name: 'web', command: 'ls' })).toEqual({
    vmid: 100,
    onboot: true,
    name: 'web',
    command: ['ls'],
  });
});

test('every wrong parameter is named at once, in the words of Proxmox VE', () => {
  expect(faults({ vmid: '99', onboot: 'true', name: 'Web', bogus: '1', checksum: 'x' })).toEqual({
    vmid: 'value must have a minimum value of 100',
    onboot: "type check ('boolean') failed - got 'true'",
    name: 'value does not match the regex pattern',
    bogus: 'property is not defined in schema and the schema does not allow additional properties',
    algorithm: "missing property required by 'checksum'",
  });
});

test('a missing parameter is named, and names of Object.prototype are no parameters', () => {
  expect(faults({})).toEqual({ vmid: 'property is missing and it is not optional' });
  expect(faults({ vmid: '100', constructor: '1' })).toHaveProperty('constructor');
});

test('integers are plain literals', () => {
  for (const text of ['1e3', '5.7', '0x64', '', 'abc', '100 ']) {
    expect(faults({ vmid: text }).vmid).toBe(`type check ('integer') failed - got '${text}'`);
  }
});

test('faults within a property string are told with the path to them', () => {
  expect(faults({ vmid: '100', net0: 'bridge=vmbr0,foo=1' }).net0).toBe(
    [
      'invalid format - format error',
      'net0.foo: property is not defined in schema and the schema does not allow additional properties',
      'net0.model: property is missing and it is not optional\n',
    ].join('\n'),
  );
});
