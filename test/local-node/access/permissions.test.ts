import { permissionsOn } from '../../../local-node/access/permissions';
import { parseUserConfig, printUserConfig } from '../../../local-node/formats/user-config';

const TEXT = `user:root@pam:1:0::::::
user:ann@pve:1:0:Ann::ann@example.org:reads %3A and 100%25::
token:ann@pve!bare:0:0::
token:ann@pve!apart:0:1:own rights:
user:bob@pve:1:0::::::

group:teachers:ann@pve,bob@pve:staff:

pool:lab::100,101:local:

role:Starter:VM.Audit,VM.PowerMgmt:

acl:1:/:@teachers:PVEAuditor:
acl:1:/pool/lab:ann@pve:Starter:
acl:0:/vms:ann@pve:Starter:
acl:1:/vms/200:ann@pve:NoAccess:
acl:1:/vms/100:ann@pve!apart:PVEVMAdmin:
`;
const config = parseUserConfig(TEXT);
const may = (caller: { userId: string; tokenId?: string }, path: string, privilege: string) =>
  permissionsOn(config, caller, path).has(privilege);
const ann = { userId: 'ann@pve' };
const bob = { userId: 'bob@pve' };

test('user.cfg survives being read and written', () => {
  const again = parseUserConfig(printUserConfig(config));
  expect(again).toEqual(config);
  expect(again.users.get('ann@pve')?.comment).toBe('reads : and 100%');
});

test('root may do everything, an unknown user nothing', () => {
  expect(may({ userId: 'root@pam' }, '/vms/1', 'VM.Allocate')).toBe(true);
  expect(permissionsOn(config, { userId: 'eve@pve' }, '/').size).toBe(0);
});

test("a group's entry holds below its path", () => {
  expect(may(bob, '/vms/300', 'VM.Audit')).toBe(true);
  expect(may(bob, '/vms/300', 'VM.PowerMgmt')).toBe(false);
});

test("a user's entry goes before the group's, and without propagation it ends at its path", () => {
  expect(may(ann, '/vms', 'VM.PowerMgmt')).toBe(true);
  expect(may(ann, '/vms', 'Sys.Audit')).toBe(false);
  expect(may(ann, '/vms/300', 'VM.PowerMgmt')).toBe(false);
});

test("a pool's entry holds for its members", () => {
  expect(may(ann, '/vms/101', 'VM.PowerMgmt')).toBe(true);
  expect(may(bob, '/vms/101', 'VM.PowerMgmt')).toBe(false);
});

test('NoAccess takes all away', () => {
  expect(permissionsOn(config, ann, '/vms/200').size).toBe(0);
});

test('a token without privilege separation has what its user has', () => {
  expect(may({ ...ann, tokenId: 'bare' }, '/vms/101', 'VM.PowerMgmt')).toBe(true);
});

test('a token with privilege separation has what both allow', () => {
  const apart = { ...ann, tokenId: 'apart' };
  expect(may(apart, '/vms/100', 'VM.PowerMgmt')).toBe(true);
  expect(may(apart, '/vms/100', 'VM.Allocate')).toBe(false);
  expect(may(apart, '/vms/101', 'VM.PowerMgmt')).toBe(false);
});

test('a token that is not there has nothing', () => {
  expect(permissionsOn(config, { ...ann, tokenId: 'gone' }, '/').size).toBe(0);
});
