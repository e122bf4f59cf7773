// Reading the files may take a minute, so the page is there before: this fetches the part that says how they would be
// read. Submitting twice is answered once, and the button says so.
const reading = document.querySelector("[data-load]");
const form = document.getElementById("submit");

async function load() {
  const state = reading.querySelector("[role=status]");
  try {
    const answer = await fetch(reading.dataset.load, { headers: { "X-CSRF-Token": form.elements.csrf.value } });
    const text = await answer.text();
    if (answer.ok) {
      reading.innerHTML = new DOMParser().parseFromString(text, "text/html").getElementById("reading").innerHTML;
      reading.setAttribute("aria-busy", "false");
      return;
    }
    state.textContent = JSON.parse(text).detail;
  } catch {
    state.textContent = reading.dataset.failed;
  }
  state.className = "notice bad";
  reading.setAttribute("aria-busy", "false");
}

if (reading) load();
form.addEventListener("submit", () => {
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});
