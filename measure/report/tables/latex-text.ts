/** Text as LaTeX shows it with T1 fonts, whatever is in it. */

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '~': '$\\sim$',
  '^': '\\textasciicircum{}',
  '"': '\\textquotedbl{}',
  "'": '\\textquotesingle{}',
  '`': '\\textasciigrave{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '\u00a0': '~',
  '–': '--',
  '—': '---',
  '‘': '`',
  '’': "'",
  '“': '``',
  '”': "''",
  '…': '\\dots{}',
  '−': '$-$',
  '×': '$\\times$',
  '÷': '$\\div$',
  '±': '$\\pm$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '≈': '$\\approx$',
  '≠': '$\\neq$',
  '∞': '$\\infty$',
  '√': '$\\surd$',
  '→': '$\\rightarrow$',
  '←': '$\\leftarrow$',
  '·': '$\\cdot$',
  '°': '\\textdegree{}',
  '²': '$^2$',
  '³': '$^3$',
  µ: '\\textmu{}',
  μ: '\\textmu{}',
  α: '$\\alpha$',
  ρ: '$\\rho$',
  σ: '$\\sigma$',
  '§': '\\S{}',
};

/** One line of text. A letter of Latin is passed on; what no font of a usual installation has is shown by its number. */
export function latexText(text: string): string {
  const characters = [...text.replace(/\s*\n\s*/g, ' ')];
  return characters
    .map((character, index) => {
      // Two of them would be drawn as a dash.
      if (character === '-' && characters[index + 1] === '-') return '-{}';
      return special[character] ?? (/^[ -~\u00a1-\u017f]$/.test(character) ? character : numbered(character));
    })
    .join('');
}

function numbered(character: string): string {
  return `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}
