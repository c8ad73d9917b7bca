// Photos are made smaller on the phone before they go, and shown; fetched when somebody adds one.
(() => {
  // 4 MB from a phone's camera become some 300 KB; what cannot be read goes as it is.
  async function smaller(file) {
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = picture.width * scale;
      canvas.height = picture.height * scale;
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const drawn = (type) => new Promise((done) => canvas.toBlob(done, "image/" + type, 0.8));
      let blob = await drawn("webp");
      if (blob.type !== "image/webp") blob = await drawn("jpeg");
      if (blob.size >= file.size) return file;
      return new File([blob], file.name.replace(/\.\w+$/, "") + "." + blob.type.slice(6), { type: blob.type });
    } catch {
      return file;
    }
  }

  function shown(file) {
    const place = document.createElement("li"), picture = new Image();
    place.className = "thumb";
    picture.alt = file.name;
    picture.src = URL.createObjectURL(file);
    place.append(picture);
    return place;
  }

  async function take(input) {
    const chosen = new DataTransfer();
    for (const file of input.files) chosen.items.add(await smaller(file));
    input.files = chosen.files;
    const places = input.closest(".field").querySelector("[data-previews]");
    places.replaceChildren(...[...input.files].map(shown));
  }

  // The form waits for `shrinking` before it is sent.
  const begin = (input) => { input.form.shrinking = take(input); };
  addEventListener("change", (event) => { if (event.target.matches("[data-photos]")) begin(event.target); });
  for (const input of document.querySelectorAll("[data-photos]")) if (input.files.length) begin(input);
})();
