import { parsePropertyString } from '../../../local-node/formats/property-string';
import type { PropertyFormat } from '../../../local-node/formats/schema';

const NET: PropertyFormat = {
  defaultKey: 'model',
  keys: {
    model: { type: 'string', enum: ['virtio', 'e1000'] },
    bridge: { type: 'string', optional: true },
    mtu: { type: 'integer', minimum: 1, optional: true },
    firewall: { type: 'boolean', optional: true },
  },
};

test('a property string is read by keys, the default key without its name', () => {
  const values = parsePropertyString(NET, 'virtio,bridge=vmbr0,firewall=on');
  expect(values).toEqual({ model: 'virtio', bridge: 'vmbr0', firewall: true });
});

test('a key given twice in a property string is refused', () => {
  expect(() => parsePropertyString(NET, 'virtio,mtu=1,mtu=2')).toThrow('duplicate key');
});
