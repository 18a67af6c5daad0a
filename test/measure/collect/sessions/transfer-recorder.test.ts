import { TransferRecorder } from '../../../../measure/collect/sessions/transfer-recorder';

const origin = 'http://192.168.10.29';
/** The wall clock's lead over the browser's monotonic clock. */
const lead = 1_000_000;

/** Milliseconds after 10 s on the monotonic clock; a connection is opened at 5. */
const timing = {
  requestTime: 10,
  dnsStart: -1,
  connectStart: 5,
  sendStart: 8,
  receiveHeadersStart: 20,
  receiveHeadersEnd: 22,
};
const request = (requestId: string, path: string, more: Record<string, unknown> = {}) => ({
  requestId,
  request: { url: path.startsWith('http') ? path : origin + path },
  timestamp: 9.9,
  wallTime: 9.9 + lead,
  ...more,
});
const response = (more: Record<string, unknown> = {}) => ({
  status: 200,
  encodedDataLength: 150,
  timing,
  ...more,
});

describe('what a browser reports of its network', () => {
  let recorder: TransferRecorder;
  beforeEach(() => {
    recorder = new TransferRecorder(origin);
    recorder.beginPage(3, 9.5 + lead);
  });

  it('becomes a transfer with times of the wall clock and the bytes of its body', () => {
    recorder.requestWillBeSent(request('1', '/a#top', { type: 'Document' }));
    recorder.responseReceived({ requestId: '1', response: response() });
    recorder.loadingFinished({ requestId: '1', timestamp: 10.1, encodedDataLength: 1150 });
    const [page, ...others] = recorder.finish(0);
    expect(others).toEqual([]);
    expect(page).toEqual({
      url: `${origin}/a`,
      kind: 'page',
      page: 3,
      intendedAt: 9.5 + lead,
      startedAt: expect.closeTo(10.005 + lead, 6),
      firstByteAt: expect.closeTo(10.02 + lead, 6),
      endedAt: expect.closeTo(10.1 + lead, 6),
      status: 200,
      bytes: 1000,
      error: null,
    });
  });

  it('takes assets and framed documents for assets, meant to start when they were asked for', () => {
    recorder.requestWillBeSent(request('1', '/', { type: 'Document' }));
    recorder.requestWillBeSent(request('2', '/frame', { type: 'Document' }));
    recorder.requestWillBeSent(request('3', '/x.png', { type: 'Image' }));
    const transfers = recorder.finish(20 + lead);
    expect(transfers.map(({ kind }) => kind)).toEqual(['page', 'asset', 'asset']);
    expect(transfers.map(({ intendedAt }) => intendedAt - lead)).toEqual([
      9.5,
      expect.closeTo(9.9),
      expect.closeTo(9.9),
    ]);
  });

  it('makes a redirect a transfer of its own, and its target the page too', () => {
    recorder.requestWillBeSent(request('1', '/old', { type: 'Document' }));
    recorder.requestWillBeSent(
      request('1', '/new', { type: 'Document', redirectResponse: response({ status: 302 }) }),
    );
    recorder.responseReceived({ requestId: '1', response: response() });
    recorder.loadingFinished({ requestId: '1', timestamp: 10.1, encodedDataLength: 200 });
    expect(recorder.finish(0)).toMatchObject([
      { url: `${origin}/old`, kind: 'page', status: 302, bytes: 0, endedAt: expect.closeTo(10.022 + lead) },
      { url: `${origin}/new`, kind: 'page', status: 200, bytes: 50, intendedAt: expect.closeTo(9.9 + lead) },
    ]);
  });

  it('is no transfer if it came from the cache, was never sent, or goes to another server', () => {
    recorder.requestWillBeSent(request('memory', '/a'));
    recorder.requestServedFromCache({ requestId: 'memory' });
    recorder.loadingFinished({ requestId: 'memory', timestamp: 10, encodedDataLength: 0 });
    recorder.requestWillBeSent(request('disk', '/b'));
    recorder.responseReceived({ requestId: 'disk', response: response({ fromDiskCache: true }) });
    recorder.loadingFinished({ requestId: 'disk', timestamp: 10, encodedDataLength: 0 });
    recorder.requestWillBeSent(request('blocked', '/c'));
    recorder.loadingFailed({
      requestId: 'blocked',
      timestamp: 10,
      errorText: 'net::ERR_BLOCKED_BY_CSP',
      blockedReason: 'csp',
    });
    recorder.requestWillBeSent(request('other', 'http://192.168.10.290/d'));
    recorder.loadingFailed({ requestId: 'other', timestamp: 10, errorText: 'net::ERR_NAME_NOT_RESOLVED' });
    recorder.requestWillBeSent(request('inline', 'data:image/png;base64,AA'));
    expect(recorder.finish(0)).toEqual([]);
  });

  it('keeps how far a transfer came that failed, and what was still missing', () => {
    recorder.requestWillBeSent(request('1', '/', { type: 'Document' }));
    recorder.loadingFailed({ requestId: '1', timestamp: 10, errorText: 'net::ERR_CONNECTION_REFUSED' });
    recorder.requestWillBeSent(request('2', '/b'));
    recorder.responseReceived({ requestId: '2', response: response() });
    recorder.dataReceived({ requestId: '2', encodedDataLength: 30 });
    recorder.dataReceived({ requestId: '2', encodedDataLength: 12 });
    const [refused, cut] = recorder.finish(20 + lead);
    expect(refused).toMatchObject({
      startedAt: expect.closeTo(9.9 + lead),
      firstByteAt: null,
      status: null,
      bytes: 0,
      error: 'net::ERR_CONNECTION_REFUSED',
    });
    expect(cut).toMatchObject({
      status: 200,
      bytes: 42,
      endedAt: 20 + lead,
      error: 'had not ended with the session',
    });
  });

  it('of a page that has settled is late, until the next page begins', () => {
    for (const id of ['1', '2', '3']) {
      recorder.requestWillBeSent(request(id, `/${id}`, { type: 'Document' }));
      recorder.loadingFinished({
        requestId: id,
        timestamp: 10 + Number(id),
        encodedDataLength: 0,
      });
      if (id === '1') expect(recorder.settlePage()).toBeCloseTo(11 + lead);
      if (id === '2') recorder.beginPage(4, 9.8 + lead);
    }
    expect(recorder.finish(0).map(({ page, late }) => [page, late])).toEqual([
      [3, undefined],
      [3, true],
      [4, undefined],
    ]);
  });

  it('of a page of which nothing came tells no end', () => {
    expect(recorder.settlePage()).toBeNull();
  });
});
