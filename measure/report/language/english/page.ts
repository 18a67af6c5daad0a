/** What the page itself says, around everything that is in it. */
export const page = {
  title: 'Server virtualisation on Proxmox VE: what the node spends and what clients get',
  subtitle: (run: string) => `Run ${run}, after a paper of 2019 about Proxmox VE 5.3`,
  /** Of a section that has no words in this language; empty where all have. */
  untranslated: '',
  sections: 'All of it',
  openAll: 'Open all sections',
  hint: 'A figure with a dotted line below it opens what it is made of.',
  details: 'details',
  /** What a folded section holds. */
  holds: (charts: number, tables: number) =>
    [
      ...(charts > 0 ? [`${charts} ${charts === 1 ? 'chart' : 'charts'}`] : []),
      ...(tables > 0 ? [`${tables} ${tables === 1 ? 'table' : 'tables'}`] : []),
    ].join(', '),
};
