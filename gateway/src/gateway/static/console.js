// What scripts add to the console: keys, rows that open beside their list, drafts, small comforts.
// Everything here works without it, by links and forms.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const isTyping = (element) => element?.matches?.("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");
  const isSeen = (element) => element && element.offsetParent !== null;

  // --- Parts that come and go -------------------------------------------------------------------

  function dress() {
    all("[data-help], [data-copy], .keys-hint").forEach((element) => { element.hidden = false; });
    const number = one("#pane")?.dataset.number;
    one(".app")?.classList.toggle("app--open", Boolean(number));
    all(".row").forEach((row) => {
      if (number && row.pathname === `/admin/tickets/${number}`) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
    const thread = one("#thread");
    if (thread && !thread.dataset.read) {
      thread.dataset.read = "1";
      thread.scrollTop = thread.scrollHeight;
    }
    all("[data-draft]").forEach(restoreDraft);
    const alarm = one("[role=alert][autofocus]");
    if (alarm && !alarm.dataset.seen) {
      alarm.dataset.seen = "1";
      alarm.focus();
      alarm.scrollIntoView({ block: "nearest" });
    }
  }

  // A person who reads the end of a conversation stays there when it grows.
  let wasAtEnd = true, read = 0;
  document.addEventListener("scroll", (event) => {
    const thread = event.target;
    if (thread.id !== "thread") return;
    read = thread.scrollTop;
    wasAtEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  }, true);

  let waiting = false;
  new MutationObserver((changes) => {
    if (changes.some((change) => [...change.addedNodes].some((node) => node.id === "thread")) && !wasAtEnd) {
      const thread = one("#thread");
      if (thread) { thread.dataset.read = "1"; thread.scrollTop = read; }
    }
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; dress(); });
  }).observe(document.body, { childList: true, subtree: true });

  // --- Rows that open in the pane (htmx) --------------------------------------------------------

  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    const raw = ctx.response?.raw;
    if (!raw || (raw.ok && !raw.redirected)) return;
    // A login, a refusal, an outage: pages of their own.
    event.preventDefault();
    location.assign(raw.redirected ? raw.url : ctx.request.action);
  });
  const opening = new Set();
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.target?.id !== "pane") return;
    wasAtEnd = true;
    opening.add(ctx);
    root.classList.add("is-opening");
    ctx.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:finally:request", (event) => {
    opening.delete(event.detail.ctx);
    if (opening.size) return;
    root.classList.remove("is-opening");
    one("#pane")?.removeAttribute("aria-busy");
  });
  // Rows that live.js fetched open in the pane like those that were there before.
  document.addEventListener("live:replaced", (event) => window.htmx?.process(event.target));
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.target?.id !== "pane" && event.detail.ctx.target !== document.body) return;
    dress();
    one("#pane h1")?.closest("#pane")?.scrollTo?.(0, 0);
  });

  // --- Drafts that survive a reload -------------------------------------------------------------

  const draftOf = (form) => `draft:${form.dataset.draft}`;
  function restoreDraft(form) {
    if (form.dataset.restored) return;
    form.dataset.restored = "1";
    const area = one("textarea", form);
    const sent = { replied: "reply", noted: "note" }[new URLSearchParams(location.search).get("done")];
    if (sent && form.dataset.draft.startsWith(`${sent}:`)) keep(draftOf(form), "");
    const kept = stored(draftOf(form));
    if (kept && !area.value) area.value = kept;
  }
  function stored(key) { try { return sessionStorage.getItem(key); } catch { return null; } }
  function keep(key, value) {
    try {
      if (value) sessionStorage.setItem(key, value);
      else sessionStorage.removeItem(key);
    } catch { /* full or forbidden: then there is no draft */ }
  }

  // The next person at this desk must not find what this one has not sent.
  all("form[action='/logout']").forEach((form) => form.addEventListener("submit", () => {
    try { sessionStorage.clear(); } catch { /* forbidden: then there is none */ }
  }));

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form");
    if (form?.dataset.draft && event.target.matches("textarea")) keep(draftOf(form), event.target.value);
    form?.classList.add("is-changed");
  });
  document.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    const said = one("[data-chosen]", event.target.closest(".attach") ?? document);
    if (said) said.textContent = [...event.target.files].map((file) => file.name).join(", ");
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  });

  // --- Another page is on its way ---------------------------------------------------------------

  const arrived = () => root.classList.remove("is-leaving");
  const leave = () => {
    root.classList.add("is-leaving");
    // What was stopped, or turned out to be a file, must not look as if it still came.
    setTimeout(arrived, 20000);
  };
  const isPlain = (event) => !event.defaultPrevented && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || !isPlain(event) || link.target || link.origin !== location.origin) return;
    const stays = link.pathname === location.pathname && link.search === location.search && link.hash;
    if (!stays && !link.pathname.startsWith("/attachments/")) leave();
  });
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    event.submitter?.setAttribute("aria-busy", "true");
    leave();
  });
  window.addEventListener("pageshow", () => {
    arrived();
    all("button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });

  // --- Menus, copying, help ---------------------------------------------------------------------

  const closeMenus = (but) => all("details.menu[open]").forEach((menu) => {
    if (!menu.contains(but)) menu.open = false;
  });
  document.addEventListener("click", async (event) => {
    closeMenus(event.target);
    const help = event.target.closest("[data-help]");
    if (help) { closeMenus(document.body); openHelp(); }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      try { await navigator.clipboard.writeText(new URL(copy.dataset.copy, location.href).href); } catch { return; }
      const title = copy.title;
      copy.title = copy.dataset.copied;
      copy.classList.add("is-done");
      setTimeout(() => { copy.title = title; copy.classList.remove("is-done"); }, 1500);
    }
  });
  const openHelp = () => { const help = one("#help"); if (help && !help.open) help.showModal(); };

  // --- Keys -------------------------------------------------------------------------------------

  const rows = () => all(".row").filter(isSeen);
  function step(by) {
    const list = rows();
    if (!list.length) return;
    const now = list.findIndex((row) => row === document.activeElement);
    const open = list.findIndex((row) => row.hasAttribute("aria-current"));
    const from = now >= 0 ? now : open >= 0 ? open : by > 0 ? -1 : list.length;
    const row = list[Math.min(Math.max(from + by, 0), list.length - 1)];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
  function write(pick, area) {
    const tab = one(pick);
    if (!tab) return;
    tab.checked = true;
    one(area)?.focus();
  }
  const visit = (queue) => location.assign(`/admin/tickets?queue=${queue}`);
  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    r: () => write("#pick-reply", "#reply-body"),
    n: () => write("#pick-note", "#note-body"),
    a: () => one("#take button")?.click(),
    "/": () => { const find = one("#find"); find?.focus(); find?.select(); },
    "?": openHelp,
  };
  const PLACES = { u: "unassigned", m: "mine", t: "team" };
  let goes = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (one("details.menu[open]")) { closeMenus(document.body); return; }
      const side = one("#side-open:checked");
      if (side) { side.checked = false; return; }
      if (isTyping(document.activeElement)) document.activeElement.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter") document.activeElement?.closest?.(".composer__form")?.requestSubmit();
      return;
    }
    if (event.altKey || isTyping(event.target) || one("dialog[open]")) return;
    if (goes && Date.now() - goes < 1200 && PLACES[event.key]) { event.preventDefault(); visit(PLACES[event.key]); return; }
    goes = event.key === "g" ? Date.now() : 0;
    if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
  });

  dress();
  one(".row[aria-current]")?.scrollIntoView({ block: "nearest" });
})();
