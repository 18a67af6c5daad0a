import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { report } from '../../../measure/report/write-report';
import { inventedRuns } from '../fixtures/invented-runs';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const { invent } = inventedRuns();

test('the section of the lab has the topology as a picture, and the Markdown has none', async () => {
  const shape = { delayMs: 20 };
  const dropped = { toServer: 0, toClient: 0 };
  const run = invent({ blocks: 1, sessions: 1, link: { shape, delayMadeIn: 'node', dropped } });
  const { html, markdown } = await report(run);
  const { document } = parseHTML(readFileSync(html, 'utf8'));
  const svg = document.querySelector('#lab svg.topology');
  const texts = [...(svg?.querySelectorAll('text') ?? [])].map(({ textContent }) => textContent);
  expect(texts).toEqual(
    expect.arrayContaining(['vmbr10, servers', 'wordpress', '192.168.10.29', 'client4', '20 ms each way']),
  );
  expect(svg?.querySelector('desc')?.textContent).toContain('Node pve has the bridge vmbr10');
  expect(readFileSync(markdown, 'utf8')).not.toContain('<svg');
});
