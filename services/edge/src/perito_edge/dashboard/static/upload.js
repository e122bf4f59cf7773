// Files by drop or choice, sent as one multipart body with progress. Nothing is read here: names and sizes are all that
// the page needs. A file called mapping.yaml (or .yml) is sent as the mapping.
const form = document.getElementById("upload");
const drop = document.getElementById("drop");
const picker = document.getElementById("files");
const list = document.getElementById("chosen");
const problem = document.getElementById("problem");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const sending = document.getElementById("sending");
const bar = document.getElementById("sent");
const told = document.getElementById("told");
const said = form.dataset;
const chosen = new Map();
let request = null;

const amount = new Intl.NumberFormat(said.locale, { maximumFractionDigits: 1 });
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  for (; bytes >= 1024 && at < units.length - 1; at += 1) bytes /= 1024;
  return `${amount.format(bytes)}\u00a0${units[at]}`;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function show() {
  list.replaceChildren(
    ...[...chosen.values()].map((file) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = file.name;
      const bytes = document.createElement("span");
      bytes.className = "quiet";
      bytes.textContent = size(file.size);
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "quiet";
      remove.textContent = said.remove;
      remove.setAttribute("aria-label", `${said.remove}: ${file.name}`);
      remove.addEventListener("click", () => {
        chosen.delete(file.name);
        show();
        picker.focus();
      });
      item.append(name, bytes, remove);
      return item;
    }),
  );
  send.disabled = chosen.size === 0 || request !== null;
}

function add(files) {
  for (const file of files) chosen.set(file.name, file);
  complain("");
  show();
}

function body() {
  const data = new FormData();
  for (const file of chosen.values()) {
    data.append(/^mapping\.ya?ml$/i.test(file.name) ? "mapping" : "files", file, file.name);
  }
  return data;
}

function ended() {
  request = null;
  sending.hidden = true;
  stop.hidden = true;
  show();
}

function answered() {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // Whatever stands between here and Perito answered with something else.
  }
  if (request.status === 201) location.assign(answer.next);
  else {
    complain(answer.detail ?? said.failed);
    ended();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (request !== null || chosen.size === 0) return;
  complain("");
  request = new XMLHttpRequest();
  request.open("POST", form.getAttribute("action"));
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRF-Token", said.csrf);
  request.upload.addEventListener("progress", (sent) => {
    bar.value = sent.total ? (100 * sent.loaded) / sent.total : 0;
    told.textContent = `${said.sent} ${size(sent.loaded)} / ${size(sent.total)}`;
  });
  request.addEventListener("load", answered);
  request.addEventListener("error", () => {
    complain(said.failed);
    ended();
  });
  request.addEventListener("abort", ended);
  sending.hidden = false;
  stop.hidden = false;
  send.disabled = true;
  request.send(body());
});
stop.addEventListener("click", () => request?.abort());
picker.addEventListener("change", () => {
  add(picker.files);
  picker.value = "";
});
// What is dropped beside the box would be opened in the place of this page, and the files that were chosen be gone.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  add(event.dataTransfer.files);
});
