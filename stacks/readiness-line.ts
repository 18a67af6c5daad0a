/** What a guest waits for, or that it is ready, as the hook of a deployment prints it and `npm start` reads it again. */
export interface ReadinessNews {
  readonly guest: string;
  readonly seconds: number;
  /** `waiting for cloud-init (modules-config)`, `ready, wordpress 6.8.12 answers`. */
  readonly text: string;
}

export function readinessLine({ guest, seconds, text }: ReadinessNews): string {
  return `${guest}: ${seconds.toFixed(0)} s: ${text}`;
}

/** Undefined for any other line. */
export function parseReadinessLine(line: string): ReadinessNews | undefined {
  const [, guest, seconds, text] = /^\s*([\w.-]+): (\d+) s: (.+)$/.exec(line) ?? [];
  return guest && text ? { guest, seconds: Number(seconds), text } : undefined;
}
