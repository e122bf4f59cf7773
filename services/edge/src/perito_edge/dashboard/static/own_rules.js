// Puts the text of a chosen file into the field beside it, where it can be read before it is sent.
for (const input of document.querySelectorAll("[data-into]")) {
  const field = document.getElementById(input.dataset.into);
  input.closest("[data-file-field]").hidden = false;
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file && file.size <= field.maxLength) field.value = await file.text();
    else if (file) input.value = "";
  });
}
