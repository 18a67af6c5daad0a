/** Text as a string of Terraform's language, in which a shell's ${name} and curl's %{name} would be templates. */
export function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', () => '%%{');
}
