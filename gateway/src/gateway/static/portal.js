// Adds comfort to forms that work without it: drafts, smaller photos, counters, one sending at a time.
(() => {
  const { nonce } = document.currentScript;
  let fetched = false;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // Storage may be full or forbidden; then there are no drafts.
  const tried = (act) => { try { return act(); } catch { return null; } };
  const KEPT = /^(category|lamp|devices|bill|since|tried|service_line_id|subject|description|body)$/;

  // What was typed lives under the name of its form until the server has taken it, a day has passed
  // or the person logs out: the next one at this browser must not find it.
  const DRAFT = "draft:", DAY = 864e5;
  const forgetDrafts = (isDue) => tried(() => Object.keys(localStorage).forEach((key) => {
    if (key.startsWith(DRAFT) && isDue(JSON.parse(localStorage[key]))) localStorage.removeItem(key);
  }));

  function draft(form) {
    const key = DRAFT + form.dataset.keep;
    const kept = tried(() => JSON.parse(localStorage[key]));
    let waiting;
    if (kept && !("typed" in form.dataset)) {
      for (const field of form.elements) {
        const values = KEPT.test(field.name) && kept[field.name];
        if (!values) continue;
        if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
        else if (field.type !== "hidden") field.value = values[0];
      }
    }
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const typed = { at: Date.now() };
        for (const [name, value] of new FormData(form)) if (KEPT.test(name)) (typed[name] ||= []).push(value);
        tried(() => { localStorage[key] = JSON.stringify(typed); });
      }, 300);
    });
    return () => {
      clearTimeout(waiting);
      tried(() => localStorage.removeItem(key));
    };
  }

  // Sending stays on the page, so that a lost connection costs one more tap and nothing else:
  // sent again, the form has the same submission_id and the server takes it once.
  function send(form, forget) {
    const button = form.querySelector("[data-again]"), lost = form.querySelector("[data-lost]");
    let busy;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = new AbortController();
      const { signal } = busy, gone = () => busy.abort();
      button.setAttribute("aria-busy", "true");
      lost.hidden = true;
      addEventListener("offline", gone);
      try {
        await form.shrinking;
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form), signal });
        if (answer.redirected) {
          forget();
          location = answer.url;
          return;
        }
        show(await answer.text());
      } catch {
        lost.hidden = false;
        button.lastElementChild.textContent = button.dataset.again;
        lost.scrollIntoView({ block: "center" });
      }
      removeEventListener("offline", gone);
      button.removeAttribute("aria-busy");
      busy = null;
    });
    addEventListener("pageshow", () => {
      button.removeAttribute("aria-busy");
      busy = null;
    });
  }

  // The form came back with what is wrong: it takes the place of this one.
  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    document.getElementById("main").replaceWith(page.getElementById("main"));
    document.querySelector("body > svg")?.remove();
    document.body.append(...page.querySelectorAll("body > svg"));
    begin();
    const first = document.querySelector("[aria-invalid], .field__error, [role=alert]:not([hidden])");
    if (first) {
      first.scrollIntoView({ block: "center" });
      first.focus();
    }
  }

  // Who adds a photo gets the script for it while the camera is open.
  function photos(input) {
    input.addEventListener("click", () => {
      if (fetched) return;
      fetched = true;
      const script = document.createElement("script");
      script.src = input.dataset.photos;
      script.nonce = nonce;
      document.head.append(script);
    });
  }

  function count(field) {
    const hint = document.createElement("p"), told = (n) => n.toLocaleString(document.documentElement.lang);
    hint.className = "field__hint field__count";
    hint.ariaHidden = true;
    field.after(hint);
    (field.oninput = () => {
      hint.textContent = field.value.length > 20 ? `${told(field.value.length)} / ${told(field.maxLength)}` : "";
    })();
  }

  // The title that the answers suggest, until somebody writes another one.
  function suggest(form) {
    const title = form.elements.subject;
    let own = title && title.value;
    form.addEventListener("change", () => {
      const about = form.querySelector("[name=category]:checked"), since = form.querySelector("[name=since]:checked");
      if (!about || (title.value && title.value !== own)) return;
      const when = since && about.dataset.ask.includes("since") ? since.parentElement.textContent.trim() : "";
      title.value = own = (about.dataset.title + " " + when.charAt(0).toLowerCase() + when.slice(1)).trim();
    });
  }

  function begin() {
    for (const form of all("[data-keep]")) {
      const forget = draft(form);
      if (form.elements.category) suggest(form);
      send(form, forget);
    }
    all("[data-photos]").forEach(photos);
    all("textarea[maxlength]").forEach(count);
    for (const button of all("[data-print], [data-copy]")) {
      const number = button.dataset.copy;
      button.hidden = number && !navigator.clipboard;
      button.onclick = () => {
        if (!number) return print();
        navigator.clipboard.writeText(number);
        button.dataset.done = "";
      };
    }
  }

  forgetDrafts((kept) => !(kept.at > Date.now() - DAY));
  all("form[action='/logout']").forEach((form) => form.addEventListener("submit", () => forgetDrafts(() => true)));
  begin();
})();
