import { withOfflinePage } from './offline-page';

export interface Figure {
  readonly name: string;
  /** An SVG with width and height in pixels, or with a viewBox. */
  readonly svg: string;
  /** Said below it, as a figure goes where its caption does not: that guests were emulated. Null = nothing to say. */
  readonly foot: string | null;
}

/** Room for a line, pixels. */
const FOOT = 18;

/** A page of the figure's own size, without margins. Chromium takes 96 pixels for an inch. */
function pageOf({ svg, foot }: Figure): string {
  const [, width = 640, height = 400] =
    /viewBox="[\d.-]+[ ,]+[\d.-]+[ ,]+([\d.]+)[ ,]+([\d.]+)"/.exec(svg)?.map(Number) ?? [];
  const drawing = svg.replace(/^<\?xml[^>]*>\s*/, '');
  const style = `@page { size: ${width}px ${height + (foot === null ? 0 : FOOT)}px; margin: 0 } body { margin: 0 } svg { display: block; width: ${width}px; height: ${height}px } p { margin: 0; font: 11px/${FOOT}px DejaVu Sans, sans-serif; text-align: right }`;
  const below = foot === null ? '' : `<p>${foot}</p>`;
  return `<!doctype html><meta charset="utf-8"><style>${style}</style>${drawing}${below}`;
}

/**
 * Each figure as a PDF of one page, vectors and text as in the SVG, by one Chromium. `executablePath`: Chromium's. Throws
 * MissingError where there is none.
 */
export async function printFigures(
  executablePath: string | undefined,
  figures: readonly Figure[],
): Promise<readonly { readonly name: string; readonly content: Buffer }[]> {
  return withOfflinePage(executablePath, '--format pdf', async (page) => {
    const printed: { name: string; content: Buffer }[] = [];
    for (const figure of figures) {
      await page.setContent(pageOf(figure));
      const content = await page.pdf({ preferCSSPageSize: true, printBackground: true });
      printed.push({ name: `${figure.name}.pdf`, content });
    }
    return printed;
  });
}
