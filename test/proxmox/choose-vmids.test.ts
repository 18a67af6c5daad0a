import { join } from 'node:path';
import { parseLab } from '../../config/lab-file';
import { readText } from '../../config/read-text';
import { chooseVmids, vmidsOfNode } from '../../proxmox/choose-vmids';
import { cluster } from './vmids-node';

const text = readText(join(__dirname, '../../lab.yaml'), 'the lab').replaceAll(/ vmid: \d+,/g, '');
const written = parseLab(`vmids: auto\n${text}`, 'lab.yaml');
const tag = 'lab-0a1b2c3d';
const nothing = { deployed: { guests: [] }, chosen: [], tag };
const guest = (name: string, vmid: number) => ({
  ...{ name, vmid, kind: 'vm' as const },
  ...{ address: `vm.${name}`, ipAddress: undefined },
});
const chosen = [guest('wordpress', 301), guest('moodle', 302), guest('mediawiki', 303)];

async function of(rows: Parameters<typeof cluster>[0], known: Partial<typeof nothing> | object) {
  const lab = await vmidsOfNode(cluster(rows).client, written, { ...nothing, ...known });
  return lab.guests.map(({ vmid }) => vmid);
}

test('the guests of a new lab get vmids in a row, in their order', async () => {
  expect(await of([{ vmid: 101 }], {})).toEqual([102, 103, 104]);
});

test("what Terraform's state has is kept, whoever seems to have it on the node", async () => {
  expect(await of([{ vmid: 301 }], { deployed: { guests: chosen } })).toEqual([301, 302, 303]);
});

test('a guest that is added later gets a free one, and the others keep theirs', async () => {
  const deployed = { guests: [guest('wordpress', 100), guest('mediawiki', 101)] };
  expect(await of([], { deployed })).toEqual([100, 102, 101]);
});

test('the vmid of a guest that is taken out is not given to another before it is gone', async () => {
  const deployed = { guests: [...chosen.slice(1), guest('dokuwiki', 100)] };
  expect(await of([{ vmid: 100, tags: tag }], { deployed })).toEqual([101, 302, 303]);
});

test('what was chosen before is kept while it is free or made in part, else another is chosen', async () => {
  expect(await of([{ vmid: 302, tags: tag }], { chosen })).toEqual([301, 302, 303]);
  expect(await of([{ vmid: 302 }], { chosen })).toEqual([301, 100, 303]);
});

describe('without a node', () => {
  const before = { ...process.env };
  beforeAll(() => {
    Object.assign(process.env, { PROXMOX_VE_ENDPOINT: '', LAB_NODE_STATE: '/nonexistent/node' });
  });
  afterAll(() => {
    process.env = before;
  });

  test('vmids of the state, or of the last synthesis, do', async () => {
    expect((await chooseVmids(written, { ...nothing, deployed: { guests: chosen } })).guests[2]?.vmid).toBe(
      303,
    );
    expect((await chooseVmids(written, { ...nothing, chosen })).guests[2]?.vmid).toBe(303);
  });

  test('guests that have none are named in one sentence, with what keeps the node from being asked', async () => {
    await expect(chooseVmids(written, { ...nothing, chosen: chosen.slice(1) })).rejects.toThrow(
      /^the guests wordpress have no vmid in lab.yaml \(vmids: auto\), .* cannot be asked: .*npm run node -- up/,
    );
  });
});
