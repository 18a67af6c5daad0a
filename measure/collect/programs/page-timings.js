// Evaluated in a page that has settled: when a person saw it. Unix seconds of the node's clock; null = did not happen.
// An entry's time is counted from performance.timeOrigin, the start of the navigation, in ms (W3C Navigation Timing,
// Paint Timing and Largest Contentful Paint).
(() => {
  const at = (milliseconds) => (milliseconds > 0 ? (performance.timeOrigin + milliseconds) / 1000 : null);
  // Largest contentful paints are had from an observer alone; `buffered` gives it those that were before.
  const observer = new PerformanceObserver(() => {});
  observer.observe({ type: 'largest-contentful-paint', buffered: true });
  const largest = observer.takeRecords().at(-1);
  observer.disconnect();
  const [navigation] = performance.getEntriesByType('navigation');
  const [first] = performance.getEntriesByName('first-contentful-paint');
  return {
    origin: location.origin,
    domContentLoadedAt: at(navigation?.domContentLoadedEventStart),
    loadAt: at(navigation?.loadEventStart),
    firstContentfulPaintAt: at(first?.startTime),
    largestContentfulPaintAt: at(largest?.startTime),
  };
})();
