// A hint says that something changed; what follows it is fetched again, with this person's rights.
(() => {
  const POLL = 20000, SPACE = 1000, SILENCE = 45000;
  const sign = document.getElementById("live");
  const find = (names) => [...document.querySelectorAll(names.map((n) => `[data-live~="${n}"][id]`))];
  const all = () => [...document.querySelectorAll("[data-live][id]")];
  if (!sign || sign.dataset.on || !all().length) return;
  const words = sign.dataset;
  words.on = 1;
  const runs = new Map(), forced = new Set();
  // The console shows another ticket without loading the page.
  const shown = () => /tickets.(\d[\d-]*)|$/.exec(location.pathname)[1] || "";
  let source, last = "", mark = "", named = "", heard = 0, lost = false, hiding;

  function say(text, act) {
    const [p, button] = sign.children;
    clearTimeout(hiding);
    p.textContent = text;
    button.hidden = !act;
    button.onclick = act;
    sign.hidden = !text;
  }

  function connection(isLost) {
    if (isLost === lost) return;
    lost = isLost;
    say(lost ? words.offline : words.online);
    if (!lost) hiding = setTimeout(say, 4000, "");
  }

  const changed = (f) =>
    f.options ? ![...f.options].every((o, i, os) =>
      o.selected === (os.some((x) => x.defaultSelected) ? o.defaultSelected : i < 1 && !f.multiple)) :
    f.type === "hidden" ? false :
    /radio|checkbox/.test(f.type) ? f.checked !== f.defaultChecked : f.value !== f.defaultValue;

  const busy = (el) => [...el.querySelectorAll("input,textarea,select")].some((f) =>
    changed(f) || f === document.activeElement);

  function swap(old, now) {
    if (!old || !now || old.isEqualNode(now)) return;
    if (!forced.delete(old.id) && busy(old)) {
      say(words.fresh, () => {
        say("");
        forced.add(old.id);
        want([document.getElementById(old.id)]);
      });
      return;
    }
    const parts = (el, what) => [...el.querySelectorAll(what)];
    const opened = parts(now, "details");
    parts(old, "details").forEach((d, i) => { if (opened[i]) opened[i].open = d.open; });
    if (old.open) now.open = true;
    const focus = document.activeElement, stops = "a,button,summary";
    const nth = parts(old, stops).indexOf(focus);
    old.replaceWith(now);
    if (nth >= 0) {
      const next = parts(now, stops);
      (next.find((el) => focus.href && el.href === focus.href) || next[nth] || now)
        .focus({ preventScroll: true });
    }
    now.dispatchEvent(new CustomEvent("live:replaced", { bubbles: true }));
  }

  async function load(src, run) {
    const ids = [...run.ids];
    run.ids.clear();
    try {
      const answer = await fetch(src, { headers: { "X-Fragment": ids.join(" ") } });
      connection(!navigator.onLine);
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        ids.forEach((id) => swap(document.getElementById(id), page.getElementById(id)));
      } else if (answer.status < 500) say(words.gone, () => location.reload());
    } catch {
      connection(true);
    }
    run.timer = 0;
    run.next = Date.now() + SPACE;
    if (run.ids.size) plan(src, run);
  }

  function plan(src, run) {
    run.timer ||= setTimeout(load, Math.max(0, run.next - Date.now()), src, run);
  }

  function want(elements) {
    for (const el of elements) {
      const src = el.dataset.liveSrc || location.href;
      if (!runs.has(src)) runs.set(src, { ids: new Set(), next: 0, timer: 0 });
      runs.get(src).ids.add(el.id);
      plan(src, runs.get(src));
    }
  }

  function close() {
    source?.close();
    source = null;
  }

  function open() {
    if (source || document.hidden || !window.EventSource) return;
    const url = new URL(words.url, location);
    named = shown();
    if (url.searchParams.has("ticket")) url.searchParams.set("ticket", named);
    if (last) url.searchParams.set("last", last);
    source = new EventSource(url);
    const on = (name, act) => source.addEventListener(name, (event) => {
      heard = Date.now();
      last = event.lastEventId || last;
      act?.(event);
    });
    on("open");
    on("beat");
    on("ticket", (e) => want(find([`ticket:${JSON.parse(e.data).id}`, "queue"])));
    on("queue", () => want(find(["queue"])));
    on("figures", () => want(find(["figures"])));
    on("resync", () => want(all()));
    source.addEventListener("open", () => connection(!navigator.onLine));
  }

  function again() {
    close();
    want(all());
    open();
  }

  setInterval(() => {
    if (!document.hidden && !(source?.readyState === 1 && Date.now() - heard < SILENCE)) again();
  }, POLL);
  setInterval(() => {
    if (shown() === named) mark = last;
    else if (source) {
      last = mark;
      close();
      open();
    }
  }, SPACE);
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("offline", () => connection(true));
  addEventListener("online", again);
  open();
})();
