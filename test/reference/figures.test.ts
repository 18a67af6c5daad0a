import { comparableMetrics } from '../../measure/analyse/compare/comparable-metrics';
import { allFigures, type Catalogue } from '../../measure/analyse/figures/catalogue';
import { atClient, type Figure, ofFile } from '../../measure/analyse/figures/figure';
import { figureReference } from '../../measure/analyse/figures/reference';
import { traceFigures } from '../../measure/analyse/figures/trace';
import { analyseApplications, qosSamples } from '../../measure/analyse/sessions/applications';
import type { SessionResult } from '../../measure/analyse/sessions/qos';
import { analyse } from '../../measure/analyse/summary';
import { readRawRun } from '../../measure/run/raw-run';
import { inventedRuns } from '../measure/fixtures/invented-runs';
import { expectPage } from './page';

test('the page of figures is that of the catalogue', () => {
  expectPage('figures.md', figureReference());
});

test('no two figures of one kind have one key', () => {
  for (const figures of Object.values(allFigures) as readonly { key: string }[][]) {
    expect(new Set(figures.map(({ key }) => key)).size).toBe(figures.length);
  }
});

describe('a figure that is declared', () => {
  const { invent } = inventedRuns();
  const clients: Figure<SessionResult> = {
    key: 'readingClients',
    label: 'clients that read',
    unit: '',
    rule: ofFile('clients with a page', 'transfers[].client'),
    value: ({ pages }) => new Set(pages.map(({ client }) => client)).size,
    sample: 'reading clients',
  };
  const bytes: Figure<SessionResult> = {
    key: 'pageBytes',
    label: 'bytes of pages',
    unit: 'ms',
    resolution: 'clock',
    rule: atClient('as an example'),
    value: () => 0,
    rows: [{ metric: 'pages', unit: '', value: ({ pages }) => pages.length }],
  };
  const catalogue: Catalogue = { ...allFigures, applications: [...allFigures.applications, clients, bytes] };

  test('is in results, samples, comparison, trace and reference without another word', () => {
    const raw = readRawRun(invent());
    const { summary } = analyse(raw);
    const applications = analyseApplications(raw.plan, summary.sessions, catalogue.applications);
    expect(applications.find(({ guest }) => guest === 'wordpress')).toMatchObject({
      readingClients: { median: 1 },
    });

    const sessions = raw.sessions.map(({ session }) => session);
    expect(qosSamples(summary.sessions, sessions, catalogue.applications)).toContainEqual(
      expect.objectContaining({ metric: 'reading clients', value: 1, unit: '1' }),
    );
    expect(qosSamples(summary.sessions, sessions, [bytes])).toContainEqual(
      expect.objectContaining({ metric: 'pages', part: '', unit: '1' }),
    );
    const gained = { ...summary, applications };
    expect(comparableMetrics(gained, catalogue)).toContainEqual(
      expect.objectContaining({ path: 'wordpress/readingClients', name: 'clients that read', unit: '' }),
    );
    expect(comparableMetrics(gained, catalogue)).toContainEqual(
      expect.objectContaining({
        path: 'wordpress/pageBytes',
        repetition: 'session',
        notes: ['below the resolution of the clock'],
      }),
    );
    expect(traceFigures(raw, gained, catalogue)).toContainEqual(
      expect.objectContaining({ path: 'wordpress/readingClients', value: 1, rule: clients.rule }),
    );
    const page = figureReference(catalogue);
    expect(page).toContain('| clients that read | `readingClients` | – | session |');
    expect(page).toContain('| `client.pcap` | a step of the captures’ clock |');
  });
});
