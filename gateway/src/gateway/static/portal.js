// Adds comfort to forms that work without it: drafts, smaller photos, counters, one sending at a time.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const store = {
    get: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden */ } },
    drop: (key) => { try { localStorage.removeItem(key); } catch { /* forbidden */ } },
  };
  const carried = ["csrf_token", "version", "attachment_ids", "photos", "service_line_id"];

  // A draft lives under the name of its form until the server has taken it.
  function draft(form) {
    const key = "draft:" + form.dataset.keep;
    const fields = () => [...form.elements].filter((e) => e.name && !carried.includes(e.name));
    const kept = store.get(key);
    if (kept && !("typed" in form.dataset)) {
      for (const field of fields()) {
        if (!(field.name in kept)) continue;
        if (field.type === "radio" || field.type === "checkbox") field.checked = kept[field.name].includes(field.value);
        else field.value = kept[field.name][0];
      }
    }
    let waiting;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const typed = {};
        for (const [name, value] of new FormData(form)) {
          if (!carried.includes(name) && typeof value === "string") (typed[name] ||= []).push(value);
        }
        store.set(key, typed);
      }, 300);
    });
    return () => { clearTimeout(waiting); store.drop(key); };
  }

  // The sending stays on the page, so that a lost connection costs one more tap and nothing else.
  // Sent again it has the same submission_id: the server takes it once.
  function send(form, forget) {
    const button = form.querySelector("button[data-again]"), words = button.querySelector("span");
    const lost = form.querySelector("[data-lost]");
    let busy;
    const failed = () => {
      busy = null;
      button.removeAttribute("aria-busy");
      lost.hidden = false;
      words.textContent = button.dataset.again;
      lost.scrollIntoView({ block: "center" });
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = new AbortController();
      button.setAttribute("aria-busy", "true");
      lost.hidden = true;
      const gone = () => busy && busy.abort();
      addEventListener("offline", gone);
      try {
        await form.shrinking;
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form), signal: busy.signal });
        if (answer.redirected) {
          forget();
          location.assign(answer.url);
          return;
        }
        show(await answer.text());
      } catch {
        failed();
      } finally {
        removeEventListener("offline", gone);
      }
    });
    addEventListener("pageshow", (event) => {
      if (event.persisted) { busy = null; button.removeAttribute("aria-busy"); }
    });
  }

  // The form came back with what is wrong: it takes the place of this one.
  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
    begin();
    const first = document.querySelector("[aria-invalid], .field__error, .notice--bad, .notice--warn:not([hidden])");
    if (first) { first.scrollIntoView({ block: "center" }); first.focus(); }
  }

  // 4 MB from a phone's camera become some 200 KB; what cannot be read goes as it is.
  async function smaller(file) {
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const made = (type) => new Promise((done) => canvas.toBlob(done, type, 0.8));
      let blob = await made("image/webp");
      if (!blob || blob.type !== "image/webp") blob = await made("image/jpeg");
      if (!blob || blob.size >= file.size) return file;
      return new File([blob], file.name.replace(/\.\w+$/, "") + "." + blob.type.slice(6), { type: blob.type });
    } catch {
      return file;
    }
  }

  function photos(input) {
    const places = input.closest(".field").querySelector("[data-previews]");
    input.addEventListener("change", () => {
      input.form.shrinking = (async () => {
        const chosen = new DataTransfer();
        for (const file of [...input.files].slice(0, 5)) chosen.items.add(await smaller(file));
        input.files = chosen.files;
        places.replaceChildren(...[...input.files].map((file) => {
          const picture = new Image(88, 88), place = document.createElement("li");
          picture.src = URL.createObjectURL(file);
          picture.alt = file.name;
          place.className = "thumb";
          place.append(picture);
          return place;
        }));
      })();
    });
  }

  function count(field) {
    const hint = document.createElement("p"), most = field.maxLength;
    hint.className = "field__hint field__count";
    hint.setAttribute("aria-hidden", "true");
    field.after(hint);
    const told = () => {
      hint.hidden = field.value.length < 20;
      hint.textContent = `${field.value.length.toLocaleString(document.documentElement.lang)} / ${most.toLocaleString(document.documentElement.lang)}`;
    };
    field.addEventListener("input", told);
    told();
  }

  // The title that the answers suggest, until somebody writes another one.
  function suggest(form) {
    const title = form.elements.subject;
    if (!title || !form.elements.category) return;
    let own = title.value;
    form.addEventListener("change", (event) => {
      if (event.target === title || (title.value && title.value !== own)) return;
      const about = form.querySelector("[name=category]:checked"), since = form.querySelector("[name=since]:checked");
      if (!about) return;
      const asked = (about.dataset.ask || "").split(" ").includes("since");
      const when = since && asked ? " " + since.parentElement.textContent.trim() : "";
      own = about.dataset.title + when.charAt(0) + when.charAt(1).toLowerCase() + when.slice(2);
      title.value = own;
    });
  }

  function begin() {
    all("form[data-keep]").forEach((form) => { const forget = draft(form); suggest(form); send(form, forget); });
    all("input[type=file][data-photos]").forEach(photos);
    all("textarea[maxlength]").forEach(count);
    all("[data-print]").forEach((button) => { button.hidden = false; button.onclick = () => print(); });
    all("[data-copy]").forEach((button) => {
      button.hidden = !navigator.clipboard;
      button.onclick = async () => { await navigator.clipboard.writeText(button.dataset.copy); button.dataset.done = ""; };
    });
  }

  begin();
})();
