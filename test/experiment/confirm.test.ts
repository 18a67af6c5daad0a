import { confirmTarget } from '../../experiment/confirm';
import { labWith, withoutVmids } from '../stacks/synthesized';

const endpoint = process.env.PROXMOX_VE_ENDPOINT;
beforeEach(() => {
  delete process.env.PROXMOX_VE_ENDPOINT;
});
afterAll(() => {
  if (endpoint !== undefined) process.env.PROXMOX_VE_ENDPOINT = endpoint;
});

/** Nobody is there to answer, as in every test. */
async function confirmed(options: { yes?: boolean; keep?: boolean }, deployed: boolean, lab = labWith()) {
  const said: string[] = [];
  const answer = await confirmTarget(lab, options, (line) => said.push(line), deployed);
  return { answer, said: said.join('\n') };
}

test('an empty local node is not asked about', async () => {
  expect(await confirmed({}, false)).toEqual({ answer: true, said: '' });
});

test('a lab that is deployed already is not destroyed unasked, on the local node neither', async () => {
  const { answer, said } = await confirmed({}, true);
  expect(answer).toBe(false);
  expect(said).toMatch(/lab" is deployed already\. It is destroyed first, .* destroyed at the end/);
  expect(said).toMatch(/--yes/);
  expect((await confirmed({ yes: true }, true)).answer).toBe(true);
  const kept = await confirmed({ keep: true }, true);
  expect(kept.answer).toBe(false);
  expect(kept.said).toMatch(/destroyed first, .* made anew, which stays/);
});

test('a Proxmox VE node is asked about in any case', async () => {
  process.env.PROXMOX_VE_ENDPOINT = 'https://pve.example.org:8006';
  for (const deployed of [true, false]) expect((await confirmed({}, deployed)).answer).toBe(false);
  const { answer, said } = await confirmed({ yes: true, keep: true }, true);
  expect(answer).toBe(true);
  expect(said).toMatch(/pve\.example\.org.*129 wordpress/s);
});

test('guests whose vmids are still to be chosen are named so, and not by a number', async () => {
  process.env.PROXMOX_VE_ENDPOINT = 'https://pve.example.org:8006';
  const { said } = await confirmed({ yes: true }, false, labWith(withoutVmids));
  expect(said).toContain('guests   a free vmid: wordpress (');
});
