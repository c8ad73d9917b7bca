// The worker comes when the page is there and the browser has nothing else to do.
{
  const { worker } = document.currentScript.dataset;
  const later = window.requestIdleCallback || setTimeout;
  // Browsers refuse it in private windows; then their own page is shown.
  addEventListener("load", () => later(() => navigator.serviceWorker
    ?.register(worker, { scope: "/", updateViaCache: "all" }).catch(() => {})));
}
