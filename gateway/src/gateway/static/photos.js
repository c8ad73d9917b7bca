// Photos are made smaller on the phone before they go, and shown; fetched when somebody adds one.
(() => {
  function drawn(picture, most) {
    const scale = Math.min(1, most / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = picture.width * scale;
    canvas.height = picture.height * scale;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  // 4 MB from a phone's camera become some 300 KB.
  async function smaller(file, picture) {
    const canvas = drawn(picture, 1600);
    const encoded = (type) => new Promise((done) => canvas.toBlob(done, "image/" + type, 0.8));
    let blob = await encoded("webp");
    if (blob.type !== "image/webp") blob = await encoded("jpeg");
    if (blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + "." + blob.type.slice(6), { type: blob.type });
  }

  function shown(file, picture) {
    const place = document.createElement("li"), image = new Image();
    place.className = "thumb";
    image.alt = file.name;
    image.src = drawn(picture, 176).toDataURL("image/webp", 0.7);
    place.append(image);
    return place;
  }

  async function take(input) {
    const chosen = new DataTransfer(), places = [];
    for (const file of input.files) {
      // What cannot be read here goes as it is; the server says whether it is a photo.
      const picture = await createImageBitmap(file).catch(() => null);
      chosen.items.add(picture ? await smaller(file, picture) : file);
      if (picture) places.push(shown(file, picture));
    }
    input.files = chosen.files;
    input.closest(".field").querySelector("[data-previews]").replaceChildren(...places);
  }

  // The form waits for `shrinking` before it is sent.
  const begin = (input) => { input.form.shrinking = take(input); };
  addEventListener("change", (event) => { if (event.target.matches("[data-photos]")) begin(event.target); });
  for (const input of document.querySelectorAll("[data-photos]")) if (input.files.length) begin(input);
})();
