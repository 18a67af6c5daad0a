import { join } from 'node:path';
import {
  cacheDirectory,
  connectionFile,
  homeDirectory,
  hostKeyFile,
  labFile,
  makePathsAbsolute,
  nodeStateDirectory,
  repositoryRoot,
} from '../../config/paths';
import { cgroupFrom } from '../../local-node/node-environment';
import { moodleSource } from '../../template/moodle-source';

const inClone = (path: string) => join(repositoryRoot, path);

test('a relative path of the environment begins at the clone, whatever the working directory is', () => {
  expect(labFile({ LAB_FILE: 'mine.yaml' })).toBe(inClone('mine.yaml'));
  expect(nodeStateDirectory({ LAB_NODE_STATE: '.lab/state' })).toBe(inClone('.lab/state'));
  expect(connectionFile({ LAB_NODE_STATE: '.lab/state/' })).toBe(inClone('.lab/state/connection.json'));
  expect(hostKeyFile({ XDG_DATA_HOME: 'data' })).toBe(inClone('data/pve-virtualization-lab/ssh_host_ecdsa'));
  expect(cacheDirectory({ XDG_CACHE_HOME: 'cache' })).toBe(inClone('cache/pve-virtualization-lab'));
  expect(cacheDirectory({ HOME: 'home' })).toBe(inClone('home/.cache/pve-virtualization-lab'));
  expect(() => cgroupFrom({ LAB_NODE_CGROUP: 'group' })).toThrow("LAB_NODE_CGROUP is 'group'");
  expect(moodleSource({ MOODLE_SOURCE: 'package.json' })).toMatchObject({ path: inClone('package.json') });
});

test('programs that the lab starts in other directories are given absolute paths, and nothing else is changed', () => {
  const env = {
    LAB_FILE: 'mine.yaml',
    LAB_NODE_STATE: '/srv/node',
    SSL_CERT_FILE: '../ca.pem',
    SSL_CERT_DIR: 'certs:/etc/ssl/certs',
    TF_CLI_CONFIG_FILE: './terraformrc',
    TERRAFORM_BINARY_NAME: 'tofu',
    MOODLE_SOURCE: 'https://example.org/moodle.tgz',
    NO_COLOR: '1',
    XDG_DATA_HOME: '',
  };
  makePathsAbsolute(env);
  expect(env).toEqual({
    LAB_FILE: inClone('mine.yaml'),
    LAB_NODE_STATE: '/srv/node',
    SSL_CERT_FILE: inClone('../ca.pem'),
    SSL_CERT_DIR: `${inClone('certs')}:/etc/ssl/certs`,
    TF_CLI_CONFIG_FILE: inClone('terraformrc'),
    TERRAFORM_BINARY_NAME: 'tofu',
    MOODLE_SOURCE: 'https://example.org/moodle.tgz',
    NO_COLOR: '1',
    XDG_DATA_HOME: '',
  });
  const program = { TERRAFORM_BINARY_NAME: 'bin/tofu' };
  makePathsAbsolute(program);
  expect(program.TERRAFORM_BINARY_NAME).toBe(inClone('bin/tofu'));
});

test('without HOME the directory is the one that the system knows of the user', () => {
  expect(homeDirectory({})).toMatch(/^\//);
  expect(homeDirectory({ HOME: '' })).toBe(homeDirectory({}));
});
