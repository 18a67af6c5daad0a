/** First four bytes of formats that people take for pcap, or have captures in (Wireshark's wiretap, file(1)). */
const names: Readonly<Record<number, string>> = {
  2712849716: 'a pcap file of Kuznetzov’s variant',
  885895841: 'a pcap file of Kuznetzov’s variant',
  2712810701: 'a pcap file of a variant with interface and protocol in each record',
  3442782881: 'a pcap file of a variant with interface and protocol in each record',
  2715994898: 'a pcap file of Navtel’s variant',
  315351713: 'a pcap file of Navtel’s variant',
  2712847309: 'a pcap file of FreeBSD’s variant with time and length in 64 bits',
  3452154529: 'a pcap file of FreeBSD’s variant with time and length in 64 bits',
  469762476: 'an Ixia lcap file with nanoseconds',
  2885746716: 'an Ixia lcap file with nanoseconds',
  469762475: 'an Ixia lcap file',
  2868969500: 'an Ixia lcap file',
  1936617327: 'a capture of snoop',
  1651798894: 'a capture of btsnoop',
  1381258067: 'a capture of Microsoft Network Monitor 1',
  1196245589: 'a capture of Microsoft Network Monitor 2',
  1480806400: 'a capture of NetXRay',
  1414681422: 'a capture of the Sniffer',
  1768977522: 'a capture of AIX iptrace',
  1331852133: 'a capture of Observer',
  2138465650: 'a capture of EtherPeek',
  1113221177: 'a file packed with bzip2',
  4248271448: 'a file packed with xz',
  69356824: 'a file packed with lz4',
  1347093252: 'a ZIP archive',
};

/** What a file is that is neither pcap nor pcapng; null = not known. */
export function otherFormat(magic: number): string | null {
  return names[magic] ?? null;
}
