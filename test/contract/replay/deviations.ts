/**
 * Recorded calls that the local node answers otherwise on purpose, by file and line, each with its reason.
 * docs/local-node.md lists the reasons. A call named here that matches after all fails the test.
 */
export const DEVIATIONS: Readonly<Record<string, string>> = {};
