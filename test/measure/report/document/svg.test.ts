import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { report } from '../../../../measure/report/write-report';
import { addInventedLoad } from '../../fixtures/invented-load';
import { inventedRuns } from '../../fixtures/invented-runs';

jest.setTimeout(120_000);

const { invent } = inventedRuns();

describe('charts as files', () => {
  const run = invent({ reader: 'browser' });
  addInventedLoad(run);
  let html: string;
  let files: Map<string, string>;
  beforeAll(async () => {
    const written = await report(run);
    html = readFileSync(written.html, 'utf8');
    files = new Map(
      readdirSync(written.charts).map((name) => [name, readFileSync(join(written.charts, name), 'utf8')]),
    );
  });

  test('are those of the report, each once', () => {
    const titles = [...parseHTML(html).document.querySelectorAll('figure h3')].map(
      (each) => each.textContent,
    );
    const own = [...files.values()].map((svg) => parseHTML(svg).document.querySelector('title')?.textContent);
    expect([...own].sort()).toEqual([...new Set(titles)].sort());
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['memory.svg', 'cpu.svg', 'throughput.svg', 'delay.svg']),
    );
  });

  test('stand alone: with a title, a description, a font that is there, and colours that every program knows', () => {
    for (const svg of files.values()) {
      expect(svg).toMatch(
        /^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/,
      );
      expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]+<\/desc>/);
      expect(svg).toContain('font-family="DejaVu Sans, Verdana, Arial, sans-serif"');
      expect(svg).not.toMatch(/var\(|currentColor|<style|<script|NaN|undefined/);
    }
  });

  test('have the same bytes when they are drawn again', async () => {
    const { charts } = await report(run);
    for (const [name, svg] of files) expect(readFileSync(join(charts, name), 'utf8')).toBe(svg);
  });
});
