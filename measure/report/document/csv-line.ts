/** A line of RFC 4180 without its end; null = an empty field. */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return fields.map(field).join(',');
}

function field(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
