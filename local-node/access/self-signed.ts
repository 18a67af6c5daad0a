/**
 * A self-signed certificate of a server, after RFC 5280, in DER as X.690 has it. Its key is one of P-256: each TLS
 * handshake of a client costs the node one signature, and one by RSA takes sixteen times as long.
 */
import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';

interface Request {
  readonly commonName: string;
  /** Names and addresses under which the server is asked. */
  readonly hosts: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const TAG = {
  ...{ boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, text: 0x0c },
  ...{ utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 },
};

const OID = {
  ...{ ecdsaWithSha256: '1.2.840.10045.4.3.2', commonName: '2.5.4.3', serverAuth: '1.3.6.1.5.5.7.3.1' },
  ...{ subjectKeyIdentifier: '2.5.29.14', keyUsage: '2.5.29.15', subjectAltName: '2.5.29.17' },
  ...{ basicConstraints: '2.5.29.19', extKeyUsage: '2.5.29.37' },
};

/** Both as PEM. */
export async function selfSigned(request: Request): Promise<{ certificate: string; key: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const name = sequence(
    der(TAG.set, sequence(oid(OID.commonName), der(TAG.text, Buffer.from(request.commonName)))),
  );
  const content = sequence(
    der(0xa0, der(TAG.integer, Buffer.from([2]))), // version 3
    der(TAG.integer, serialNumber()),
    algorithm,
    name,
    sequence(time(request.notBefore), time(request.notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions(request.hosts, publicKey)),
  );
  const certificate = sequence(content, algorithm, bits(sign('sha256', content, privateKey)));
  return {
    certificate: pem(certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(hosts: readonly string[], publicKey: KeyObject): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? der(0x82, Buffer.from(host)) : der(0x87, addressBytes(host)),
  );
  const identifier = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return sequence(
    critical(OID.basicConstraints, sequence(der(TAG.boolean, Buffer.from([0xff])))),
    critical(OID.keyUsage, bits(Buffer.from([0b1000_0100]), 2)), // digitalSignature, keyCertSign
    extension(OID.extKeyUsage, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, sequence(...names)),
    extension(OID.subjectKeyIdentifier, der(TAG.octets, identifier)),
  );
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(TAG.octets, value));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(TAG.boolean, Buffer.from([0xff])), der(TAG.octets, value));
}

/** Positive, and in its shortest form. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function addressBytes(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from(host.split('.').map(Number));
  const [before = '', after] = host.split('::').map((half) => half.split(':').filter(Boolean));
  const [head, tail] = [[...before], [...(after ?? [])]];
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** RFC 5280, 4.1.2.5: two digits of the year until 2049, four from 2050 on; whole seconds of UTC. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  const short = date.getUTCFullYear() < 2050;
  return der(short ? TAG.utcTime : TAG.generalizedTime, Buffer.from(short ? text.slice(2) : text));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Seven bits in each byte, the last of which has its top bit clear. */
function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

function bits(value: Buffer, unused = 0): Buffer {
  return der(TAG.bits, Buffer.from([unused]), value);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(TAG.sequence, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
