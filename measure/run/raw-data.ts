/**
 * What a run keeps under results/<run>. Collecting writes these files and nothing else reads the world; analysing reads
 * them and nothing else. Each kind of file has one schema, in records/: its type, what its fields mean, and the check of
 * what is read and written. Times are Unix seconds with fractions, sizes bytes, unless a name says otherwise.
 *
 *   plan.json                                     RunPlan, written before the first sample
 *   raw/lab.yaml                                  lab.yaml as it was then, with its comments; absent in older runs
 *   raw/environment.json                          Environment
 *   raw/resources/<visit>.json                    ResourceVisit; visit = 000-level2, in the order visited
 *   raw/qos/<session>/session.json                QosSession; session = 000-wordpress, in the order run
 *   raw/qos/<session>/client.pcap, server.pcap    captures at the client and at the guest's tap
 *   raw/load/<ladder>.json                        LoadLadder; ladder = 000-wordpress, in the order climbed
 *   raw/benchmarks/<trial>.json                   BenchmarkTrial; trial = 000-wordpress, in the order made
 *   raw/destroy.json                              DestroyedGuest[], after the run; absent where the lab was kept
 *   progress.jsonl                                JournalRecord, a line each: for who follows the run; no data
 */
export type { BenchmarkRun, BenchmarkTrial, Place } from './records/benchmark';
export type { CounterConstants, CounterSample, SessionCounters } from './records/counters';
export type { DestroyedGuest, Environment } from './records/environment';
export type { JournalRecord } from './records/journal';
export type { LoadLadder, LoadRequest, LoadStep, UserStep } from './records/ladder';
export type { RunPlan, Scenario } from './records/plan';
export type { CaptureFile, PageTiming, QosSession, Transfer } from './records/session';
export type { ApiSample, PowerChange, ResourceVisit, TerminalSample } from './records/visit';
