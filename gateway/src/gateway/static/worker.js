// Shows the portal's own page where the browser has no connection. Keeps that page and what it links
// to, nothing else: no answer to a person ever comes in here.
const page = "/offline" + location.search, kept = location.href, shown = new Set();

addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(kept), stranger = { credentials: "omit" };
  const answer = await fetch(page, stranger);
  if (!answer.ok) throw new Error(answer.status);
  const links = (await answer.clone().text()).match(/\/static\/[^"#]+/g);
  await cache.put(page, answer);
  await cache.addAll([...new Set(links)].map((link) => new Request(link, stranger)));
  await skipWaiting();
})()));

addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== kept) await caches.delete(name);
  await registration.navigationPreload?.enable();
})()));

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") event.respondWith(opened(event));
  // What the page links to comes from the same place as the page.
  else if (shown.has(event.clientId)) event.respondWith(own(request));
});

const own = async (request) => (await caches.match(request)) ?? fetch(request);

async function opened(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    shown.add(event.resultingClientId);
    return (await caches.match(page)) ?? Response.error();
  }
}
