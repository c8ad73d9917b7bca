// Passkeys: a form fetches what is to be signed, the browser signs it, and the form takes the answer along.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (key) => ({ ...key, id: bytes(key.id) });

  // Browsers give bytes, forms take text; not every one has toJSON.
  function written(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  }

  async function answered(form) {
    const asked = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const answer = await asked.json();
    if (!answer.public_key) throw new Error(answer.problem);
    const key = answer.public_key;
    key.challenge = bytes(key.challenge);
    if (form.dataset.passkey === "get") return navigator.credentials.get({ publicKey: key });
    key.user.id = bytes(key.user.id);
    key.excludeCredentials = key.excludeCredentials.map(named);
    return navigator.credentials.create({ publicKey: key });
  }

  async function send(form, button) {
    const problem = form.querySelector("[data-problem]");
    problem.hidden = true;
    button.disabled = true;
    try {
      form.elements.credential.value = written(await answered(form));
      form.submit();
    } catch (error) {
      // Who closes the browser's window knows why; a sentence of ours says what to do next.
      problem.lastElementChild.textContent = error.constructor === Error && error.message ? error.message : problem.dataset.problem;
      problem.hidden = false;
      button.disabled = false;
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, form.querySelector("button"));
    });
  }
  for (const words of document.querySelectorAll("[data-without-passkeys]")) words.hidden = true;
})();
