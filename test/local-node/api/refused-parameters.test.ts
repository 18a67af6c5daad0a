import { readParameters } from '../../../local-node/api/parameters';
import { routes } from '../../../local-node/api/routes';
import { ApiError } from '../../../local-node/base/api-error';
import { parametersOf } from '../../../local-node/formats/call-parameters';
import { ALL_CALLS, callFacts } from '../../../local-node/schema/call-schema';

const START = 'POST /nodes/{node}/qemu/{vmid}/status/start';
const CLONE = 'POST /nodes/{node}/qemu/{vmid}/clone';
const PLACE = { node: 'pve', vmid: '100' };

function answer(call: string, raw: Record<string, unknown>): unknown {
  const route = routes.find(({ method, path }) => `${method} ${path}` === call);
  if (!route) throw new Error(`no ${call}`);
  try {
    return readParameters(route, raw);
  } catch (fault) {
    if (!(fault instanceof ApiError)) throw fault;
    return [fault.status, fault.errors ?? fault.message];
  }
}

test('a parameter that Proxmox VE knows and the route does not is refused by its name', () => {
  expect(answer(START, { ...PLACE, stateuri: 'tcp', targetstorage: 'local' })).toEqual([
    501,
    `${START}: not supported by the local node: stateuri, targetstorage`,
  ]);
});

test('it is said first what is wrong with it, and which others are unknown', () => {
  expect(answer(START, { ...PLACE, migration_type: 'slow', bogus: '1' })).toEqual([
    400,
    {
      migration_type: "value 'slow' does not have a value in the enumeration 'secure, insecure'",
      bogus: 'property is not defined in schema and the schema does not allow additional properties',
    },
  ]);
});

test('so is a value that Proxmox VE knows and the route does not', () => {
  expect(answer(CLONE, { ...PLACE, newid: '101', format: 'vmdk' })).toEqual([
    501,
    `${CLONE}: not supported by the local node: format=vmdk`,
  ]);
  expect(answer(CLONE, { ...PLACE, newid: '101', format: 'zip' })).toEqual([
    400,
    { format: expect.stringContaining("'raw, qcow2, vmdk'") },
  ]);
});

test('what is honoured comes out typed as the schema says, with its limits', () => {
  const schemas = parametersOf(START, 'timeout');
  expect(Object.keys(schemas)).toEqual(['node', 'vmid', 'timeout']);
  expect(schemas).toMatchObject({ timeout: { type: 'integer', minimum: 0, optional: true } });
  expect(answer(START, { ...PLACE, timeout: '5' })).toEqual({ node: 'pve', vmid: 100, timeout: 5 });
});

test('so is a key of a drive, while an unknown one is none', () => {
  const create = (scsi0: string) => answer('POST /nodes/{node}/qemu', { ...PLACE, scsi0 });
  expect(create('local-lvm:1,bps_rd=5')).toEqual([
    400,
    { scsi0: 'invalid format - format error\nscsi0.bps_rd: not supported by the local node\n' },
  ]);
  expect(create('local-lvm:1,bogus=5')).toEqual([
    400,
    { scsi0: expect.stringContaining('scsi0.bogus: property is not defined in schema') },
  ]);
});

test('every parameter of every route that Proxmox VE knows is honoured, or refused by its name', () => {
  const missing = routes.flatMap((route) => {
    const known = Object.keys(callFacts(route.method, route.path)?.parameters ?? {});
    const left = known.filter((name) => !Object.hasOwn(route.parameters, name));
    const told = left.map((name) => answer(`${route.method} ${route.path}`, { [name]: 'x y' }));
    return left.filter((name, index) => JSON.stringify(told[index]).includes(`"${name}":"property is not`));
  });
  expect(missing).toEqual([]);
});

test('every call of the schema that is known by more than its name has its parameters read', () => {
  expect(ALL_CALLS).toHaveLength(650);
  expect(callFacts('GET', '/nodes/{node}/storage/{storage}/content/{volume*}')).toBeDefined();
});
