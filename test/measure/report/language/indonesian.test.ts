import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseHTML } from 'linkedom';
import { describe as distributionOf } from '../../../../measure/analyse/statistics/statistics';
import { distribution, fixed, number, scales, when } from '../../../../measure/report/document/format';
import { english } from '../../../../measure/report/language/english/english';
import { indonesian } from '../../../../measure/report/language/indonesian/indonesian';
import { inLanguage } from '../../../../measure/report/language/language';
import { report } from '../../../../measure/report/write-report';
import { describeUnless } from '../../../skip';
import { addInventedLoad } from '../../fixtures/invented-load';
import { edit, inventedRuns } from '../../fixtures/invented-runs';
import { browserOfTests, noBrowser } from '../browser';

jest.setTimeout(240_000);

const { invent } = inventedRuns();

/** The texts of a catalogue by their path; of a function, what it says of stand-ins. */
function texts(node: unknown, path = ''): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node === 'function') return [];
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => texts(value, path === '' ? key : `${path}.${key}`));
}

const keys = (node: unknown, path = ''): string[] =>
  typeof node !== 'object' || node === null
    ? [`${path}: ${typeof node}`]
    : Object.entries(node).flatMap(([key, value]) => keys(value, `${path}.${key}`));

/** Words that Indonesian papers on networks write as English does, and signs. */
const loanwords = /^(CPU|Node|Load|Throughput|Packet loss|Jitter|Jitter \(RFC 3550\)|probe|transfer|[.,;]?)$/;

describe('the catalogue in Indonesian', () => {
  test('has every message of the English one', () => {
    expect(keys(indonesian)).toEqual(keys(english));
  });

  test('leaves none in English, loanwords of the field excepted', () => {
    const own = new Map(texts(indonesian));
    const alike = texts(english).filter(([path, text]) => own.get(path) === text && !loanwords.test(text));
    expect(alike).toEqual([]);
  });
});

describe('in Indonesian', () => {
  const write = (value: () => string): string => inLanguage('id', value).replaceAll('\u00a0', ' ');

  test('numbers have a decimal comma and groups with a point', () => {
    expect(write(() => number(1234567.8, 8))).toBe('1.234.567,8');
    expect(write(() => fixed(-0.125, 2, '%'))).toBe('−0,13 %');
    const of = distributionOf([1.25, 1.5, 1.75]);
    expect(write(() => distribution(of, scales.seconds))).toBe('1,50 s [1,25; 1,75], 75 %, n = 3');
  });

  test('dates are written as people write them', () => {
    expect(write(() => when('2026-08-17T10:09:08.000Z'))).toBe('17 Agustus 2026 pukul 10.09.08 UTC');
  });

  test('the language ends with what was drawn, whatever went wrong in it', () => {
    expect(() =>
      inLanguage('id', () => {
        throw new Error('not drawn');
      }),
    ).toThrow('not drawn');
    expect(number(0.5)).toBe('0.500');
  });
});

describe('the report in Indonesian', () => {
  const run = invent();
  const load = invent();
  addInventedLoad(load);
  edit(join(load, 'plan.json'), (plan) => {
    plan.scenarios = ['load'];
  });
  let html: string;
  beforeAll(async () => {
    html = (await report(run, { language: 'id' })).html;
  });
  const page = (file: string) => parseHTML(readFileSync(file, 'utf8')).document;

  test('stands beside the English one, whose bytes it leaves alone', async () => {
    expect(html).toMatch(/report\.id\.html$/);
    const { html: english } = await report(invent());
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toBe(readFileSync(english, 'utf8'));
    expect(readFileSync(join(run, 'charts/memory.svg'), 'utf8')).toContain('Memory used');
    expect(readFileSync(join(run, 'charts/id/memory.svg'), 'utf8')).toContain('Penggunaan memori');
  });

  test('says its language, and of what is in English that it is', () => {
    const document = page(html);
    expect(document.documentElement.getAttribute('lang')).toBe('id');
    expect(document.querySelector('.hint')?.textContent).toContain('bahasa Inggris');
    for (const section of document.querySelectorAll('details.section > section')) {
      expect(section.getAttribute('lang')).toBe('en');
    }
  });

  test('has a first page without a word of English', async () => {
    for (const file of [html, (await report(load, { language: 'id' })).html]) {
      const document = page(file);
      const text = [...document.querySelectorAll('header, #first')].map((each) => each.textContent).join(' ');
      // Why an application is missing is quoted as it was recorded.
      const own = text.replace('its source could not be had: no route to download.moodle.org', '');
      expect(
        own.match(/\b(the|of|and|with|this|that|each|guests?|memory used|paper|run|kept|lost|ladders?)\b/gi),
      ).toBeNull();
      expect(own).not.toMatch(/\d\.\d\d? (GiB|%|s|ms)/);
    }
  });
});

describeUnless(noBrowser)('the first page in Indonesian', () => {
  const { open } = browserOfTests();

  test('is one printed page too', async () => {
    const run = invent({ reader: 'browser', loseEvery: 7, acceleration: null });
    addInventedLoad(run);
    const page = await open(pathToFileURL((await report(run, { language: 'id' })).html).href);
    await page.evaluate(
      'for (const each of document.querySelectorAll("main > :not(#first), body > .why")) each.remove()',
    );
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
  });
});
